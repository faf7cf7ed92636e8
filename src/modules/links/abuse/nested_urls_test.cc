#include "modules/links/abuse/nested_urls.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

namespace ashlar::links::abuse {
namespace {

using Texts = std::vector<std::string>;

TEST(NestedUrlsTest, AreTheseOfThese) {
  const std::vector<std::pair<std::string, Texts>> table{
      {"https://a.example/", {}},
      {"https://a.example/?url=/local", {}},
      {"https://a.example/?url=https", {}},
      {"https://a.example/?u=http://", {}},
      {"https://a.example/go?url=https://evil.example/x", {"https://evil.example/x"}},
      {"https://a.example/go?x=1&NEXT=https%3A%2F%2Fevil.example%2Fx%3Fy%3D1",
       {"https://evil.example/x?y=1"}},
      {"https://a.example/go?next=https%253A%252F%252Fevil.example", {"https://evil.example"}},
      {"https://a.example/go?next=//evil.example/", {"http://evil.example/"}},
      {"https://a.example/go?next=%5C%5Cevil.example", {"http://evil.example"}},
      {"https://a.example/go?next=HTTPS:\\/evil.example", {"HTTPS://evil.example"}},
      {"https://a.example/#next=https://evil.example/", {"https://evil.example/"}},
      // Onto the same site it is no open redirect.
      {"https://a.example/go?next=https://a.example/x", {}},
      {"https://a.example/go?next=https://login.a.example/x", {}},
      {"https://www.a.example/go?next=https://a.example/x", {}},
      {"https://a.example/go?next=https://xa.example/x", {"https://xa.example/x"}},
      // Each once, and no more than so many.
      {"https://a.example/?a=//b.c/&b=//b.c/", {"http://b.c/"}},
      {"https://a.example/?a=//1.c/&b=//2.c/&c=//3.c/&d=//4.c/&e=//5.c/", {"", "", "", ""}}};
  for (const auto& [url, expected] : table) {
    const Texts found = nested_urls(url);
    if (expected.size() == kMaxNestedUrls) {
      EXPECT_EQ(found.size(), kMaxNestedUrls) << url;
    } else {
      EXPECT_EQ(found, expected) << url;
    }
  }
}

}  // namespace
}  // namespace ashlar::links::abuse
