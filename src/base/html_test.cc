#include "base/html.h"

#include <gtest/gtest.h>

namespace ashlar::base {
namespace {

TEST(HtmlTest, NothingOfATextIsMarkup) {
  EXPECT_EQ(html_escaped("<b class=\"a\" id='x'>1 & 2</b>"),
            "&lt;b class=&quot;a&quot; id=&#39;x&#39;&gt;1 &amp; 2&lt;/b&gt;");
  EXPECT_EQ(html_escaped("Grüße 😀"), "Grüße 😀");
  std::string out = "a";
  append_html(out, "&amp;");
  EXPECT_EQ(out, "a&amp;amp;");
}

}  // namespace
}  // namespace ashlar::base
