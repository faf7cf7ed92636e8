#include "platform/http/docs_page.h"

#include <gtest/gtest.h>

#include <string>

#include "platform/http/testing/sample_routes.h"

namespace ashlar::http {
namespace {

const ApiInfo kInfo{.title = "Sample <i>",
                    .version = "1.2.3",
                    .description = "A `sample` & more.",
                    .base_url = "https://go.example",
                    .modules = {{"links", "Links", "Short links."}}};

std::string page() { return docs_page(testing::sample_routes(), kInfo); }

std::size_t count(const std::string& text, std::string_view what) {
  std::size_t found = 0;
  for (std::size_t i = text.find(what); i != std::string::npos; i = text.find(what, i + 1)) ++found;
  return found;
}

TEST(DocsPage, EveryDocumentedRouteIsThereOnce) {
  const std::string html = page();
  EXPECT_EQ(count(html, "<article class=\"route\""), 11U);
  for (const char* id : {"links_create", "links_list", "links_get", "links_update", "links_delete",
                         "links_clicks_get", "links_by_code_get", "admin_session", "tenants_list",
                         "healthz_get", "metrics_get"}) {
    EXPECT_EQ(count(html, "id=\"" + std::string(id) + "\""), 1U) << id;
    EXPECT_EQ(count(html, "<li><a href=\"#" + std::string(id) + "\""), 1U) << id;
  }
  EXPECT_EQ(html.find("/_/"), std::string::npos);
}

TEST(DocsPage, SaysWhatARequestMustKeepTo) {
  const std::string html = page();
  for (const char* text :
       {"scope <code>links:write</code>", "3–64 characters; matches <code>^[A-Za-z0-9_-]+$</code>",
        "one of <code>301</code>, <code>302</code>", "left out: <code>302</code>",
        "safe with <code>Idempotency-Key</code>", "<code>code_taken</code>",
        "Another link has this code.", "time (RFC 3339) or null", "2 units", "up to 64 KiB",
        "the console&#39;s administrator"}) {
    EXPECT_NE(html.find(text), std::string::npos) << text;
  }
  EXPECT_NE(html.find("<code class=\"key\">data[].code</code>"), std::string::npos);
}

TEST(DocsPage, TextIsEscaped) {
  const std::string html = page();
  EXPECT_EQ(html.find("Sample <i>"), std::string::npos);
  EXPECT_NE(html.find("Sample &lt;i&gt; API"), std::string::npos);
  EXPECT_NE(html.find("A <code>sample</code> &amp; more."), std::string::npos);
  EXPECT_NE(html.find("<code>https</code>; &lt;b&gt; &amp; co."), std::string::npos);
}

TEST(DocsPage, ExamplesAreForAShell) {
  const std::string html = page();
  // it's, in single quotes for the shell, escaped for HTML
  EXPECT_NE(html.find("a=1&amp;b=it&#39;\\&#39;&#39;s"), std::string::npos);
  EXPECT_NE(html.find("curl https://go.example/v1/links \\\n  -H &quot;Authorization: Bearer "
                      "$ASHLAR_KEY&quot; \\\n  -H &#39;Content-Type: application/json&#39;"),
            std::string::npos);
  EXPECT_NE(html.find("curl -i https://go.example/Ab3xY9</pre>"), std::string::npos);
  EXPECT_NE(html.find("curl -X DELETE https://go.example/v1/links/Ab3xY9"), std::string::npos);
  EXPECT_NE(html.find("curl -N https://go.example/v1/links/Ab3xY9/clicks"), std::string::npos);
}

TEST(DocsPage, NeedsNothingFromElsewhere) {
  const std::string html = page();
  for (const char* text : {"src=\"http", "href=\"http", "@import", "url(http"}) {
    EXPECT_EQ(html.find(text), std::string::npos) << text;
  }
  EXPECT_EQ(html, page());
}

}  // namespace
}  // namespace ashlar::http
