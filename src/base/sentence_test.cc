#include "base/sentence.h"

#include <gtest/gtest.h>

namespace ashlar::base {
namespace {

TEST(Sentence, AClauseBecomesOne) {
  EXPECT_EQ(sentence("the name is taken"), "The name is taken.");
  EXPECT_EQ(sentence("others are signing in; try again in a second"),
            "Others are signing in; try again in a second.");
  EXPECT_EQ(sentence("a key"), "A key.");
  EXPECT_EQ(sentence("damaged: run verify"), "Damaged: run verify.");
  EXPECT_EQ(sentence("tenant's names differ"), "Tenant's names differ.");
  EXPECT_EQ(sentence("word"), "Word.");
}

TEST(Sentence, WhatIsOneStaysAsItIs) {
  for (const char* text :
       {"", "The name is taken.", "Is it?", "Stop!", "Working…", "2 are wrong."}) {
    EXPECT_EQ(sentence(text), text);
  }
}

TEST(Sentence, ANameInFrontKeepsItsSpelling) {
  for (const char* text :
       {"links:read is not given.", "expires_at lies in the past.", "'x' is not a number.",
        "\"x\" comes twice.", "http.io_threads is too high.", "a/b is no name.", "éa is no name.",
        "v1 is reserved.", "x=y is no name."}) {
    EXPECT_EQ(sentence(text), text);
  }
}

}  // namespace
}  // namespace ashlar::base
