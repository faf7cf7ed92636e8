#include "platform/http/sse.h"

#include <gtest/gtest.h>

#include <string>

namespace ashlar::http {
namespace {

TEST(Sse, WritesEvents) {
  EXPECT_EQ(format_event("click", "{\"n\":1}"), "event: click\ndata: {\"n\":1}\n\n");
  EXPECT_EQ(format_event("", "x", "7"), "id: 7\ndata: x\n\n");
  EXPECT_EQ(format_event("a", ""), "event: a\ndata: \n\n");
  EXPECT_EQ(format_comment("keep-alive"), ": keep-alive\n\n");
  EXPECT_EQ(format_retry(base::Millis{2500}), "retry: 2500\n\n");
}

TEST(Sse, MakesALineOfEachLine) {
  EXPECT_EQ(format_event("", "a\nb\r\nc\rd\n"), "data: a\ndata: b\ndata: c\ndata: d\ndata: \n\n");
  EXPECT_EQ(format_event("", "\n\nevent: forged"), "data: \ndata: \ndata: event: forged\n\n");
  EXPECT_EQ(format_comment("a\n\ndata: forged"), ": a\n: \n: data: forged\n\n");
}

TEST(Sse, LetsNoNameOrIdEndItsLine) {
  EXPECT_EQ(format_event("a\ndata: b\r", "x", std::string("1\n\0002", 4)),
            "id: 12\nevent: adata: b\ndata: x\n\n");
}

}  // namespace
}  // namespace ashlar::http
