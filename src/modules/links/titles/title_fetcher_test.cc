// TitleFetcher against a real server on loopback that means no good.
#include "modules/links/titles/title_fetcher.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "base/clock.h"
#include "platform/observability/metrics.h"
#include "platform/outbound/testing/fault_server.h"

namespace ashlar::links {
namespace {

using outbound::FaultServer;
using Reply = FaultServer::Reply;

constexpr const char* kHtml = "Content-Type: text/html; charset=utf-8\r\n";

class TitleFetcherTest : public ::testing::Test {
 protected:
  // The title, or the reason why there is no answer.
  std::string title_of(const std::string& url, base::Millis within = base::Millis{5'000}) {
    base::Result<std::string> title = fetcher_.fetch(url, clock_.mono() + within);
    return title.ok() ? *title : title.error().reason;
  }

  base::SystemClock clock_;
  obs::Registry metrics_;
  TitleFetcher fetcher_{{.allow_private = true, .user_agent = "Test/1"}, clock_, metrics_};
};

TEST_F(TitleFetcherTest, BringsTheTitleAndTellsNothing) {
  std::string head;
  FaultServer server([&](const FaultServer::Request& request) {
    head = request.head;
    return Reply{.body = "<title>Gr&uuml;&szlig;e</title>", .headers = kHtml};
  });
  EXPECT_EQ(title_of(server.url("/a?b#c")), "Grüße");
  EXPECT_TRUE(head.starts_with("GET /a?b HTTP/1.1\r\n")) << head;
  for (const char* field : {"Cookie", "Authorization", "Referer"}) {
    EXPECT_EQ(head.find(field), std::string::npos) << field;
  }
}

TEST_F(TitleFetcherTest, FollowsThreeRedirectsAndNoMore) {
  FaultServer server([&](const FaultServer::Request& request) {
    const int left = std::stoi(request.target.substr(1));
    if (left == 0) return Reply{.body = "<title>There</title>", .headers = kHtml};
    return Reply{.status = 302, .headers = "Location: " + std::to_string(left - 1) + "#x\r\n"};
  });
  EXPECT_EQ(title_of(server.url("/3")), "There");
  EXPECT_EQ(server.requests(), 4);
  EXPECT_EQ(title_of(server.url("/4")), "");
  EXPECT_EQ(server.requests(), 8);
}

// What a redirect names is judged as what the link names: here by rules that hold for private
// networks too.
TEST_F(TitleFetcherTest, ARedirectsTargetIsJudgedLikeTheFirst) {
  for (const char* location :
       {"ftp://example.com/", "file:///etc/passwd", "gopher://127.0.0.1:6379/", "javascript:1",
        "http://user:secret@127.0.0.1/", "http://127.0.0.1\\@example.com/", "//exa%6dple.com/"}) {
    FaultServer server([&](const FaultServer::Request&) {
      return Reply{.status = 302, .headers = "Location: " + std::string(location) + "\r\n"};
    });
    EXPECT_EQ(title_of(server.url("/")), "title_forbidden") << location;
    EXPECT_EQ(server.requests(), 1);
  }
}

TEST_F(TitleFetcherTest, NothingPrivateIsAskedWhateverItIsCalled) {
  FaultServer server([](const FaultServer::Request&) {
    return Reply{.body = "<title>Secret</title>", .headers = kHtml};
  });
  const std::string port = server.url("").substr(std::string_view("http://127.0.0.1:").size());
  // A name of the public internet whose address is another one once it is connected to.
  TitleFetcher fetcher({.names = {"rebound.example.com:" + port + ":127.0.0.1"}}, clock_, metrics_);
  for (const std::string& url :
       {server.url("/"), "http://rebound.example.com:" + port + "/", "http://localhost:" + port,
        "http://2130706433:" + port + "/", "http://[::ffff:127.0.0.1]:" + port + "/",
        std::string("http://169.254.169.254/latest/meta-data/"), std::string("http://10.0.0.1/")}) {
    const auto title = fetcher.fetch(url, clock_.mono() + base::Millis{5'000});
    ASSERT_FALSE(title.ok()) << url;
    EXPECT_STREQ(title.error().reason, "title_forbidden") << url;
  }
  EXPECT_EQ(server.requests(), 0);
}

TEST_F(TitleFetcherTest, OfALargePageOnlyItsBeginningIsRead) {
  const std::string filler(2 * TitleFetcher::kMaxPageBytes, ' ');
  FaultServer server([&](const FaultServer::Request& request) {
    const bool early = request.target == "/early";
    return Reply{.body = early ? "<title>Early</title>" + filler : filler + "<title>Late</title>",
                 .headers = kHtml};
  });
  EXPECT_EQ(title_of(server.url("/early")), "Early");
  EXPECT_EQ(title_of(server.url("/late")), "");
}

TEST_F(TitleFetcherTest, WhatIsCompressedIsNotUnpacked) {
  FaultServer server([](const FaultServer::Request& request) {
    EXPECT_EQ(request.field("Accept-Encoding"), "identity");
    return Reply{.body = "<title>Bomb</title>",
                 .headers = std::string(kHtml) + "Content-Encoding: gzip\r\n"};
  });
  EXPECT_EQ(title_of(server.url("/")), "");
}

TEST_F(TitleFetcherTest, WhoIsSlowIsNotWaitedFor) {
  FaultServer server([](const FaultServer::Request& request) {
    if (request.target == "/") return Reply{.status = 302, .headers = "Location: /slow\r\n"};
    return Reply{.body = "<title>Slow</title>",
                 .headers = kHtml,
                 .after = std::chrono::milliseconds(20'000)};
  });
  const base::Mono begin = clock_.mono();
  EXPECT_EQ(title_of(server.url("/"), base::Millis{300}), "title_unavailable");
  EXPECT_LT(clock_.mono() - begin, base::Millis{3'000});
}

TEST_F(TitleFetcherTest, WhatHasNoTitleNowAndWhatMayHaveOneLater) {
  struct Case {
    int status;
    const char* type;
    std::string_view expected;
  };
  for (const Case& each :
       {Case{200, "text/html", "T"}, Case{200, "image/png", ""}, Case{404, "text/html", ""},
        Case{403, "text/html", ""}, Case{304, "text/html", ""},
        Case{429, "text/html", "title_unavailable"}, Case{500, "text/html", "title_unavailable"},
        Case{503, "text/html", "title_unavailable"}}) {
    FaultServer server([&](const FaultServer::Request&) {
      return Reply{.status = each.status,
                   .body = each.status == 304 ? "" : "<title>T</title>",
                   .headers = "Content-Type: " + std::string(each.type) + "\r\n"};
    });
    EXPECT_EQ(title_of(server.url("/")), each.expected) << each.status << " " << each.type;
  }
  FaultServer broken([](const FaultServer::Request&) { return Reply{.hang_up = true}; });
  EXPECT_EQ(title_of(broken.url("/")), "title_unavailable");
}

TEST(ResolveLocation, AsBrowsersDo) {
  struct Case {
    std::string_view base, location, expected;
  };
  for (const Case& each : {Case{"http://a.example/b/c?d", "http://x.example/", "http://x.example/"},
                           Case{"http://a.example/b/c?d", "//x.example/y", "http://x.example/y"},
                           Case{"https://a.example/b/c?d", "/y?z#f", "https://a.example/y?z"},
                           Case{"http://a.example/b/c?d/e", "y", "http://a.example/b/y"},
                           Case{"http://a.example/b/c?d", "?y", "http://a.example/b/c?y"},
                           Case{"http://a.example", "y", "http://a.example/y"},
                           Case{"http://a.example?q", "y", "http://a.example/y"},
                           Case{"http://a.example?q", "/y", "http://a.example/y"},
                           Case{"http://a.example/b#f", "", "http://a.example/b"},
                           Case{"http://a.example/b", " /y ", "http://a.example/y"},
                           Case{"http://a.example/b", "y:z", "y:z"},
                           Case{"http://a.example/b", "./y:z", "http://a.example/./y:z"}}) {
    EXPECT_EQ(resolve_location(each.base, each.location), each.expected) << each.location;
  }
}

}  // namespace
}  // namespace ashlar::links
