// Redirects by host: two Redirects are two processes on one database.
#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/check.h"
#include "modules/links/links_module.h"
#include "modules/links/orphans/orphans_store.h"
#include "modules/links/redirect_codec.h"
#include "modules/links/redirects.h"
#include "modules/links/testing/links_fixture.h"
#include "platform/cache/cache_service.h"
#include "platform/http/call.h"
#include "platform/http/client_address.h"
#include "platform/http/inline_request.h"

namespace ashlar::links {
namespace {

using storage::Context;
using storage::Transaction;

class DomainRedirectsTest : public LinksFixture {
 protected:
  struct Process {
    cache::CacheService cache;
    cache::FarRegion& region;
    LinksModule module;
    Redirects redirects;
    http::Route follow = redirects.route();
    http::Route root = redirects.root_route("/_/");
    int from_memory = 0;

    explicit Process(DomainRedirectsTest& test)
        : cache(nullptr, test.db(), test.clock_, test.entropy_, test.metrics_),
          region(cache.add_region({.name = "links", .format = kRedirectFormat})),
          module({"https://sho.rt", *OwnHosts::parse({"https://sho.rt"}),
                  std::string(CodeSpace::kSecretBytes, 'k'), 2, &region},
                 test.db(), test.clock_, test.entropy_, test.metrics_, test.log_),
          redirects({.cache_bytes = 1 << 20}, 7, test.db(), module.links, module.domain_table,
                    module.recorder, region, test.clock_, test.metrics_) {}
  };

  void SetUp() override {
    LinksFixture::SetUp();
    if (IsSkipped()) return;
    // A look-up's deadline is reckoned by our clock and held by the database's.
    clock_.advance(
        std::chrono::duration_cast<base::Micros>(base::SystemClock().mono().time_since_epoch()) +
        base::Seconds(3600));
    one_ = std::make_unique<Process>(*this);
    two_ = std::make_unique<Process>(*this);
  }
  void TearDown() override {
    database_.reset();  // its threads call those who have subscribed
    LinksFixture::TearDown();
  }

  void add(const NewDomain& domain, base::TenantId tenant = kAlice) {
    const auto made = db().write(Context::tenant(tenant),
                                 [&](Transaction& tx) { return domains_.create(tx, domain); });
    ASSERT_TRUE(made.ok()) << made.error().detail;
  }
  void shorten(const std::string& code, const std::string& domain, const std::string& url,
               const LinkSettings& settings = {}, base::TenantId tenant = kAlice) {
    const auto made = db().write(Context::tenant(tenant), [&](Transaction& tx) {
      NewLink link{.url = url, .code = code, .expires_at = {}, .settings = settings};
      link.domain = domain;
      return links_.create(tx, link);
    });
    ASSERT_TRUE(made.ok()) << made.error().detail;
  }

  static std::string line_of(const http::Response& answer) {
    std::string line = std::to_string(answer.status);
    for (const auto& [name, value] : answer.headers) {
      if (name == "Location") line += " " + value;
    }
    return line;
  }

  // Status and Location, as a server answers: from memory where that suffices.
  std::string visit(Process& process, const std::string& host, const std::string& code) {
    return run(process, process.follow, host, code);
  }
  std::string visit_root(Process& process, const std::string& host) {
    return run(process, process.root, host, "");
  }
  std::string run(Process& process, const http::Route& route, const std::string& host,
                  const std::string& code) {
    http::RequestHead head;
    head.method = method_;
    head.host = host;
    const std::string path = "/" + code;
    head.path = path;
    const http::Handler& handler = route.handler;
    const auto& inline_handler = std::get<http::InlineHandler>(handler);
    std::string out;
    const http::TrustedProxies nobody;
    const http::InlineRequest::Peer peer{nobody, "192.0.2.1"};
    http::InlineRequest request(head, code, 0, clock_.now(), clock_.mono(), "", "id", peer, out);
    if (inline_handler.fast(request) == http::InlineOutcome::kAnswered) {
      ++process.from_memory;
      if (request.response()) return line_of(*request.response());
      const std::size_t at = out.find("Location: ") + 10;
      return out.substr(9, 3) + " " + out.substr(at, out.find('\r', at) - at);
    }
    http::Call call;
    call.head = &head;
    call.path_params = {code};
    call.deadline = clock_.mono() + base::Seconds(60);
    const auto answer = inline_handler.fallback(call);
    return answer.ok() ? line_of(*answer) : answer.error().reason;
  }

  std::vector<std::string> orphans(base::TenantId tenant) {
    CHECK(one_->module.recorder.flush().ok());
    std::vector<std::string> found;
    const auto read = db().read(Context::tenant(tenant), [&](Transaction& tx) {
      found.clear();
      return orphans::store::newest(
          tx, {}, std::int64_t{1} << 62, 100, [&](const orphans::store::StoredOrphan& each) {
            found.insert(found.begin(), std::string(kind_name(each.kind)) + " " + each.path);
          });
    });
    CHECK(read.ok());
    return found;
  }

  http::Method method_ = http::Method::kGet;
  std::unique_ptr<Process> one_;
  std::unique_ptr<Process> two_;
};

INSTANTIATE_TEST_SUITE_P(Storage, DomainRedirectsTest, storage::both_engines(),
                         storage::engine_name);

TEST_P(DomainRedirectsTest, TheSameCodeLeadsElsewhereOnEachHost) {
  add({"a.example"});
  add({"b.example"}, kBob);
  shorten("spring", "", "https://example.com/own", {}, kBob);
  shorten("spring", "a.example", "https://example.com/a");
  shorten("spring", "b.example", "https://example.com/b", {}, kBob);
  for (Process* process : {one_.get(), two_.get()}) {
    for (int i = 0; i < 2; ++i) {
      EXPECT_EQ(visit(*process, "sho.rt", "spring"), "302 https://example.com/own");
      EXPECT_EQ(visit(*process, "a.example", "spring"), "302 https://example.com/a");
      EXPECT_EQ(visit(*process, "b.example", "spring"), "302 https://example.com/b");
    }
    EXPECT_EQ(process->from_memory, 3);
  }
}

TEST_P(DomainRedirectsTest, AHostIsReadAsBrowsersWriteIt) {
  add({"a.example"});
  shorten("one", "a.example", "https://example.com/a");
  for (const char* host :
       {"a.example", "A.Example", "a.example:8080", "a.example.", "A.EXAMPLE.:80"}) {
    EXPECT_EQ(visit(*one_, host, "one"), "302 https://example.com/a") << host;
  }
}

TEST_P(DomainRedirectsTest, WhatIsNoDomainIsTheInstallationsOwn) {
  add({"a.example"});
  shorten("one", "", "https://example.com/own");
  shorten("two", "a.example", "https://example.com/a");
  const std::string long_host(300, 'a');
  for (const std::string& host : {std::string(), std::string("sho.rt"), std::string("192.0.2.1:80"),
                                  std::string("[::1]:80"), std::string("other.example"), long_host,
                                  std::string("b.a.example"), std::string("example")}) {
    EXPECT_EQ(visit(*one_, host, "one"), "302 https://example.com/own") << host;
    EXPECT_EQ(visit(*one_, host, "two"), "404") << host;
    EXPECT_EQ(visit(*one_, host, "a.example/two"), "404") << host;
  }
  EXPECT_EQ(visit(*one_, "a.example", "one"), "404");
}

TEST_P(DomainRedirectsTest, ADomainHasAFirstPageAndOneForWhatIsUnknown) {
  add({"plain.example"});
  add({"a.example", "https://example.com/home", "https://example.com/lost"});
  shorten("one", "a.example", "https://example.com/a");
  LinkSettings later;
  later.valid_from = clock_.now() + base::Seconds(3600);
  shorten("later", "a.example", "https://example.com/later", later);
  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ(visit_root(*one_, "a.example:443"), "302 https://example.com/home");
    EXPECT_EQ(visit_root(*one_, "plain.example"), "302 /_/");
    EXPECT_EQ(visit_root(*one_, "sho.rt"), "302 /_/");
    EXPECT_EQ(visit(*one_, "a.example", "one"), "302 https://example.com/a");
    EXPECT_EQ(visit(*one_, "a.example", "none"), "302 https://example.com/lost");
    EXPECT_EQ(visit(*one_, "a.example", "later"), "302 https://example.com/lost");
    EXPECT_EQ(visit(*one_, "a.example", "n.n"), "302 https://example.com/lost");
    EXPECT_EQ(visit(*one_, "a.example", std::string(5'000, 'x')), "302 https://example.com/lost");
    EXPECT_EQ(visit(*one_, "plain.example", "none"), "404");
    EXPECT_EQ(visit(*one_, "sho.rt", "none"), "404");
  }
}

TEST_P(DomainRedirectsTest, AChangeIsFollowedByTheNextVisitorOfBoth) {
  EXPECT_EQ(visit_root(*one_, "a.example"), "302 /_/");
  EXPECT_EQ(visit_root(*two_, "a.example"), "302 /_/");
  EXPECT_FALSE(one_->module.domain_table.any());
  add({"a.example"});
  for (int i = 0; i < 5; ++i) {
    const std::string url = "https://example.com/" + std::to_string(i);
    const auto changed = db().write(Context::tenant(kAlice), [&](Transaction& tx) {
      return domains_.update(tx, "a.example", {.root_url = url, .not_found_url = url}, {});
    });
    ASSERT_TRUE(changed.ok());
    for (Process* process : {one_.get(), two_.get()}) {
      EXPECT_EQ(visit_root(*process, "a.example"), "302 " + url);
      EXPECT_EQ(visit(*process, "a.example", "none"), "302 " + url);
    }
  }
  const auto removed = db().write(Context::tenant(kAlice), [&](Transaction& tx) {
    return domains_.remove(tx, "a.example", std::nullopt);
  });
  ASSERT_TRUE(removed.ok());
  EXPECT_EQ(visit_root(*one_, "a.example"), "302 /_/");
  EXPECT_EQ(visit_root(*two_, "a.example"), "302 /_/");
  EXPECT_FALSE(one_->module.domain_table.any());
}

TEST_P(DomainRedirectsTest, AChangeOfALinkReachesItsOwnHostAlone) {
  add({"a.example"});
  shorten("spring", "", "https://example.com/own");
  shorten("spring", "a.example", "https://example.com/a");
  EXPECT_EQ(visit(*one_, "a.example", "spring"), "302 https://example.com/a");
  EXPECT_EQ(visit(*one_, "sho.rt", "spring"), "302 https://example.com/own");
  EXPECT_EQ(visit(*one_, "a.example", "later"), "404");
  const auto changed = db().write(Context::tenant(kAlice), [&](Transaction& tx) {
    return links_.update(tx, {.host = "A.example", .code = "spring"},
                         {.url = "https://example.com/2"}, std::nullopt);
  });
  ASSERT_TRUE(changed.ok());
  shorten("later", "a.example", "https://example.com/later");
  EXPECT_EQ(visit(*one_, "a.example", "spring"), "302 https://example.com/2");
  EXPECT_EQ(visit(*one_, "sho.rt", "spring"), "302 https://example.com/own");
  EXPECT_EQ(visit(*one_, "a.example", "later"), "302 https://example.com/later");
}

// What each process has in memory of the one's links is not the other's.
TEST_P(DomainRedirectsTest, AHostThatChangesHandsLeadsNobodyWhereItLed) {
  add({"a.example", "https://example.com/alice", "https://example.com/alice-lost"});
  const auto second = db().write(Context::tenant(kBob), [&](Transaction& tx) {
    return domains_.create(tx, {"a.example", "https://example.com/bob"});
  });
  ASSERT_TRUE(second.ok());
  shorten("both", "a.example", "https://example.com/alice/1");
  shorten("only", "a.example", "https://example.com/alice/2");
  shorten("both", "a.example", "https://example.com/bob/1", {}, kBob);
  const auto seen = [&](Process& process) {
    std::string line = visit_root(process, "a.example");
    for (const char* code : {"both", "only"}) line += "; " + visit(process, "a.example", code);
    return line;
  };
  const auto decide = [&](auto function, DomainId id) {
    const auto decided =
        db().write(Context::platform(storage::PlatformUse::kTenantAdmin),
                   [&](Transaction& tx) { return (one_->module.proofs.*function)(tx, id); });
    ASSERT_TRUE(decided.ok()) << decided.error().detail;
  };
  const std::string alices =
      "302 https://example.com/alice; 302 https://example.com/alice/1; 302 "
      "https://example.com/alice/2";
  for (int i = 0; i < 2; ++i) {
    for (Process* process : {one_.get(), two_.get()}) EXPECT_EQ(seen(*process), alices);
  }
  decide(&DomainProofs::approve, second->id);
  for (int i = 0; i < 2; ++i) {
    for (Process* process : {one_.get(), two_.get()}) {
      EXPECT_EQ(seen(*process), "302 https://example.com/bob; 302 https://example.com/bob/1; 404");
    }
  }
  decide(&DomainProofs::revoke, second->id);
  for (Process* process : {one_.get(), two_.get()}) {
    EXPECT_EQ(seen(*process), "302 /_/; 404; 404");
  }
  const auto mine = db().read(Context::tenant(kAlice),
                              [&](Transaction& tx) { return domains_.find(tx, "a.example"); });
  ASSERT_TRUE(mine.ok());
  EXPECT_FALSE(mine->is_active());
  EXPECT_EQ(mine->version, 2);
  decide(&DomainProofs::approve, mine->id);
  for (Process* process : {one_.get(), two_.get()}) EXPECT_EQ(seen(*process), alices);
}

TEST_P(DomainRedirectsTest, ManyHostsInDoubtAreReadAtOnce) {
  add({"a.example", "https://example.com/home"});
  EXPECT_EQ(visit_root(*one_, "a.example"), "302 https://example.com/home");
  const auto noisy = db().write(Context::tenant(kAlice), [&](Transaction& tx) -> base::Status {
    for (std::size_t i = 0; i <= DomainTable::kMaxDoubts; ++i) {
      tx.notify(kDomainsChannel, "h" + std::to_string(i) + ".example");
    }
    return base::ok_status();
  });
  ASSERT_TRUE(noisy.ok());
  EXPECT_TRUE(one_->module.domain_table.find("other.example").in_doubt);
  EXPECT_EQ(visit_root(*one_, "other.example"), "302 /_/");
  EXPECT_FALSE(one_->module.domain_table.find("h1.example").in_doubt);
  EXPECT_EQ(visit_root(*one_, "a.example"), "302 https://example.com/home");
}

TEST_P(DomainRedirectsTest, ALinkMayNotLeadToADomain) {
  ASSERT_TRUE(one_->module.load().ok());
  add({"a.example"}, kBob);
  EXPECT_EQ(visit_root(*one_, "a.example"), "302 /_/");
  const auto made = db().write(Context::tenant(kAlice), [&](Transaction& tx) {
    return one_->module.links.create(tx, {"https://A.example:8443/x", {}, 302, {}});
  });
  ASSERT_FALSE(made.ok());
  EXPECT_EQ(made.error().reason, "target_is_ashlar");
}

TEST_P(DomainRedirectsTest, WhatLeadsToNoLinkIsCountedForTheDomainsTenant) {
  add({"go.example", "https://example.com/home", "https://example.com/lost"});
  shorten("real", "go.example", "https://example.com/");
  LinkSettings later;
  later.valid_from = clock_.now() + base::Seconds(60);
  shorten("later", "go.example", "https://example.com/", later);
  for (int i = 0; i < 2; ++i) {  // by a worker, then from memory
    EXPECT_EQ(visit(*one_, "go.example", "none"), "302 https://example.com/lost");
    EXPECT_EQ(visit(*one_, "go.example", "later"), "302 https://example.com/lost");
    EXPECT_EQ(visit(*one_, "go.example", "no.code"), "302 https://example.com/lost");
    EXPECT_EQ(visit_root(*one_, "go.example"), "302 https://example.com/home");
    EXPECT_EQ(visit(*one_, "go.example", "real"), "302 https://example.com/");
    // Nobody's.
    EXPECT_EQ(visit(*one_, "sho.rt", "none"), "404");
    EXPECT_EQ(visit_root(*one_, "sho.rt"), "302 /_/");
  }
  const std::vector<std::string> once{"invalid_short_url /none", "invalid_short_url /later",
                                      "regular_404 /no.code", "base_url /"};
  std::vector<std::string> twice = once;
  twice.insert(twice.end(), once.begin(), once.end());
  EXPECT_EQ(orphans(kAlice), twice);
  EXPECT_TRUE(orphans(kBob).empty());
  method_ = http::Method::kHead;
  visit(*one_, "go.example", "none");
  visit_root(*one_, "go.example");
  EXPECT_EQ(orphans(kAlice), twice);
}

}  // namespace
}  // namespace ashlar::links
