// Domains and links on them, on both engines.
#include "modules/links/domains.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "modules/links/domain_proofs.h"
#include "modules/links/testing/links_fixture.h"

namespace ashlar::links {
namespace {

using storage::Context;
using storage::Transaction;

class DomainsTest : public LinksFixture {
 protected:
  base::Result<Domain> add(base::TenantId tenant, const NewDomain& domain) {
    return db().write(Context::tenant(tenant),
                      [&](Transaction& tx) { return domains_.create(tx, domain); });
  }
  base::Result<Domain> change(std::string_view host, const DomainChange& change,
                              std::optional<std::int64_t> if_version = {}) {
    return db().write(Context::tenant(kAlice), [&](Transaction& tx) {
      return domains_.update(tx, host, change, if_version);
    });
  }
  base::Status remove(base::TenantId tenant, std::string_view host) {
    return db().write(Context::tenant(tenant),
                      [&](Transaction& tx) { return domains_.remove(tx, host, std::nullopt); });
  }
  std::string reason(const base::Result<Domain>& result) {
    return result.ok() ? "ok" : result.error().reason;
  }
  base::Result<Link> shorten(base::TenantId tenant, std::string code, std::string domain) {
    return db().write(Context::tenant(tenant), [&](Transaction& tx) {
      NewLink link{.url = "https://example.com/", .code = std::move(code), .expires_at = {}};
      link.domain = std::move(domain);
      return links_.create(tx, link);
    });
  }
  base::Result<Link> find(base::TenantId tenant, LinkRef ref) {
    return db().read(Context::tenant(tenant),
                     [&](Transaction& tx) { return links_.find(tx, ref); });
  }
};

std::string long_host(std::size_t bytes) {
  std::string host;
  while (host.size() < bytes) host += host.size() % 64 == 63 ? '.' : 'a';
  return host;
}

INSTANTIATE_TEST_SUITE_P(Storage, DomainsTest, storage::both_engines(), storage::engine_name);

TEST_P(DomainsTest, AHostIsSpelledInOneWay) {
  const std::vector<std::pair<std::string, std::string>> hosts{
      {"go.example", "go.example"},
      {"GO2.Example", "go2.example"},
      {"go3.example.", "go3.example"},
      {"go", "go"},
      {"xn--bcher-kva.example", "xn--bcher-kva.example"},
      {"my_host.example", "my_host.example"}};
  for (const auto& [given, kept] : hosts) {
    const auto domain = add(kAlice, {given});
    ASSERT_TRUE(domain.ok()) << given << ": " << domain.error().detail;
    EXPECT_EQ(domain->host, kept);
    EXPECT_EQ(domain->tenant, kAlice);
  }
}

TEST_P(DomainsTest, WhatIsNoHostNameIsRefused) {
  const std::vector<std::pair<std::string, std::string>> hosts{
      {"", "domain_malformed"},
      {".", "domain_malformed"},
      {"https://go.example", "domain_malformed"},
      {"go.example:8080", "domain_malformed"},
      {"go.example/path", "domain_malformed"},
      {"go..example", "domain_malformed"},
      {"go.example..", "domain_malformed"},
      {"-go.example ", "domain_malformed"},
      {"*.example", "domain_malformed"},
      {"user@go.example", "domain_malformed"},
      {"192.0.2.1", "domain_malformed"},
      {"0x7f.1", "domain_malformed"},
      {"1.2", "domain_malformed"},
      {"127.0.0.1", "domain_malformed"},
      {"[::1]", "domain_malformed"},
      {"go.example.5", "domain_malformed"},
      {std::string(64, 'a') + ".example", "domain_malformed"},
      {long_host(191), "domain_malformed"},
      {"bücher.example", "domain_not_ascii"},
      {"sho.rt", "domain_reserved"},
      {"SHO.rt.", "domain_reserved"},
      {"login.sho.rt", "domain_reserved"},
      {"localhost", "domain_reserved"},
      {"go.localhost", "domain_reserved"}};
  for (const auto& [host, why] : hosts) EXPECT_EQ(reason(add(kAlice, {host})), why) << host;
  EXPECT_EQ(reason(add(kAlice, {"notsho.rt"})), "ok");
  const std::string longest = long_host(190);
  ASSERT_EQ(reason(add(kAlice, {longest + "."})), "ok");
  EXPECT_TRUE(shorten(kAlice, std::string(64, 'x'), longest).ok());
}

TEST_P(DomainsTest, AHostIsActiveForWhoComesFirst) {
  const auto first = add(kAlice, {"go.example"});
  ASSERT_TRUE(first.ok());
  EXPECT_EQ(first->proof, DomainProof::kFirstCome);
  EXPECT_EQ(reason(add(kAlice, {"go.example"})), "domain_taken");
  const auto second = add(kBob, {"Go.Example."});
  ASSERT_TRUE(second.ok());
  EXPECT_FALSE(second->is_active());
  EXPECT_EQ(reason(add(kBob, {"go.example"})), "domain_taken");
  // The operator's word is no more than a claim where somebody has it.
  EXPECT_TRUE(remove(kBob, "go.example").ok());
  const auto third = add(kBob, {.host = "go.example", .by_operator = true});
  ASSERT_TRUE(third.ok());
  EXPECT_FALSE(third->is_active());
  EXPECT_EQ(add(kBob, {.host = "b.example", .by_operator = true})->proof, DomainProof::kOperator);
  EXPECT_TRUE(remove(kAlice, "go.example").ok());
  EXPECT_EQ(reason(add(kBob, {"go.example"})), "domain_taken");
  EXPECT_EQ(add(kAlice, {"go.example"})->proof, DomainProof::kFirstCome);
}

TEST_P(DomainsTest, WhereHostsAreVerifiedNobodyIsFirst) {
  const Domains careful({.verify = true}, *OwnHosts::parse({"https://sho.rt"}), clock_);
  const auto create = [&](base::TenantId tenant, const NewDomain& domain) {
    return db().write(Context::tenant(tenant),
                      [&](Transaction& tx) { return careful.create(tx, domain); });
  };
  for (const base::TenantId tenant : {kAlice, kBob}) {
    const auto made = create(tenant, {"go.example"});
    ASSERT_TRUE(made.ok());
    EXPECT_FALSE(made->is_active());
    EXPECT_EQ(made->tenant, tenant);
    EXPECT_TRUE(shorten(tenant, "spring", "go.example").ok());
  }
  EXPECT_EQ(create(kAlice, {.host = "op.example", .by_operator = true})->proof,
            DomainProof::kOperator);
  EXPECT_NE(challenge_of("secret", kAlice, "go.example"),
            challenge_of("secret", kBob, "go.example"));
  EXPECT_NE(challenge_of("secret", kAlice, "go.example"),
            challenge_of("secret", kAlice, "g.example"));
  EXPECT_NE(challenge_of("secret", kAlice, "go.example"),
            challenge_of("other", kAlice, "go.example"));
  EXPECT_EQ(challenge_of("secret", kAlice, "go.example").size(), 32U);
}

TEST_P(DomainsTest, AnothersDomainIsAsIfItWereNotThere) {
  ASSERT_EQ(reason(add(kAlice, {"go.example"})), "ok");
  EXPECT_EQ(remove(kBob, "go.example").error().reason, "domain_not_found");
  EXPECT_EQ(shorten(kBob, "mine", "go.example").error().reason, "domain_unknown");
  EXPECT_EQ(find(kBob, {.host = "go.example", .code = "mine"}).error().reason, "link_not_found");
  EXPECT_TRUE(remove(kAlice, "GO.example").ok());
  EXPECT_EQ(add(kBob, {"go.example"})->proof, DomainProof::kFirstCome);
}

TEST_P(DomainsTest, EachHasItsOwnCodes) {
  ASSERT_EQ(reason(add(kAlice, {"a.example"})), "ok");
  ASSERT_EQ(reason(add(kAlice, {"b.example"})), "ok");
  const auto own = shorten(kBob, "spring", "");
  const auto a = shorten(kAlice, "spring", "a.example");
  const auto b = shorten(kAlice, "spring", "B.example.");
  ASSERT_TRUE(own.ok() && a.ok() && b.ok());
  EXPECT_EQ(shorten(kAlice, "spring", "b.example").error().reason, "code_taken");
  EXPECT_EQ(shorten(kAlice, "spring", "sho.rt").error().reason, "code_taken");  // that is Bob's
  EXPECT_EQ(links_.short_url(*own), "https://sho.rt/spring");
  EXPECT_EQ(links_.short_url(*b), "https://b.example/spring");
  const auto found = find(kAlice, {.host = "B.EXAMPLE", .code = "spring"});
  ASSERT_TRUE(found.ok());
  EXPECT_EQ(found->id, b->id);
  EXPECT_EQ(found->domain, b->domain);
  EXPECT_EQ(found->domain_host, "b.example");
  EXPECT_EQ(find(kAlice, {.code = "spring"}).error().reason, "link_not_found");
  EXPECT_EQ(find(kBob, {.host = "sho.rt", .code = "spring"})->id, own->id);
}

TEST_P(DomainsTest, ListsAreOfOneDomainOrOfAll) {
  ASSERT_EQ(reason(add(kAlice, {"a.example"})), "ok");
  ASSERT_TRUE(shorten(kAlice, "one", "").ok());
  ASSERT_TRUE(shorten(kAlice, "two", "a.example").ok());
  const auto codes = [&](std::optional<std::string> domain) {
    std::string all;
    const auto page = db().read(Context::tenant(kAlice), [&](Transaction& tx) {
      LinkQuery query;
      query.domain = std::move(domain);
      return links_.list(tx, query);
    });
    if (!page.ok()) return std::string(page.error().reason);
    for (const Link& link : page->links) all += link.domain_host + "/" + link.code + " ";
    return all;
  };
  EXPECT_EQ(codes(std::nullopt), "a.example/two /one ");
  EXPECT_EQ(codes("a.example"), "a.example/two ");
  EXPECT_EQ(codes("sho.rt"), "/one ");
  EXPECT_EQ(codes(""), "/one ");
  EXPECT_EQ(codes("b.example"), "domain_not_found");
}

TEST_P(DomainsTest, ADomainWithLinksStays) {
  ASSERT_EQ(reason(add(kAlice, {"a.example"})), "ok");
  ASSERT_TRUE(shorten(kAlice, "one", "a.example").ok());
  EXPECT_EQ(remove(kAlice, "a.example").error().reason, "domain_in_use");
  // With its link removed too: the code would lead elsewhere with whoever took the host next.
  ASSERT_TRUE(db().write(Context::tenant(kAlice),
                         [&](Transaction& tx) {
                           return links_.remove(tx, {.host = "a.example", .code = "one"});
                         })
                  .ok());
  EXPECT_EQ(remove(kAlice, "a.example").error().reason, "domain_in_use");
  ASSERT_EQ(reason(add(kAlice, {"empty.example"})), "ok");
  EXPECT_TRUE(remove(kAlice, "empty.example").ok());
  EXPECT_EQ(remove(kAlice, "empty.example").error().reason, "domain_not_found");
}

TEST_P(DomainsTest, ChangesAreCountedAndChecked) {
  ASSERT_EQ(reason(add(kAlice, {"a.example", "https://example.com/"})), "ok");
  EXPECT_EQ(reason(change("a.example", {.root_url = "https://sho.rt/x"})), "target_is_ashlar");
  EXPECT_EQ(reason(change("a.example", {.not_found_url = "ftp://x"})), "target_scheme");
  const auto same = change("a.example", {.root_url = "https://example.com/"});
  EXPECT_EQ(same->version, 1);
  const auto changed = change("a.example", {.root_url = "", .not_found_url = "https://e.org/ü"}, 1);
  ASSERT_TRUE(changed.ok());
  EXPECT_EQ(changed->version, 2);
  EXPECT_EQ(changed->root_url, "");
  EXPECT_EQ(changed->not_found_url, "https://e.org/%C3%BC");
  EXPECT_EQ(reason(change("a.example", {.root_url = "https://e.org"}, 1)), "etag_mismatch");
}

TEST_P(DomainsTest, TheyAreListedByHostAPageAtATime) {
  for (const char* host : {"c.example", "a.example", "b.example"}) {
    ASSERT_EQ(reason(add(kAlice, {host})), "ok");
  }
  ASSERT_EQ(reason(add(kBob, {"aa.example"})), "ok");
  const auto page = [&](std::string_view after) {
    std::string hosts;
    const auto found = db().read(Context::tenant(kAlice),
                                 [&](Transaction& tx) { return domains_.list(tx, after, 2); });
    for (const Domain& domain : found->domains) hosts += domain.host + " ";
    return hosts + found->next.value_or("end");
  };
  EXPECT_EQ(page(""), "a.example b.example b.example");
  EXPECT_EQ(page("b.example"), "c.example end");
}

TEST_P(DomainsTest, ATenantHasSoManyAndNoMore) {
  const auto filled = db().write(Context::tenant(kAlice), [&](Transaction& tx) -> base::Status {
    for (std::int64_t i = 0; i < Domains::kMaxPerTenant; ++i) {
      ASHLAR_TRY(domains_.create(tx, {"h" + std::to_string(i) + ".example"}));
    }
    return base::ok_status();
  });
  ASSERT_TRUE(filled.ok());
  EXPECT_EQ(reason(add(kAlice, {"more.example"})), "too_many_domains");
  EXPECT_EQ(reason(add(kBob, {"more.example"})), "ok");
}

TEST(LinkKeys, TheyNameALinkOnItsHost) {
  EXPECT_EQ(link_key({.host = "", .code = "spring"}), "spring");
  EXPECT_EQ(link_key({.host = "a.example", .code = "spring"}), "a.example/spring");
  LinkKeyBuffer buffer;
  EXPECT_EQ(link_key({.host = "", .code = "spring"}, buffer), "spring");
  EXPECT_EQ(link_key({.host = "a.example", .code = "spring"}, buffer), "a.example/spring");
  const LinkRef ref = ref_of_key("a.example/spring");
  EXPECT_EQ(ref.host, "a.example");
  EXPECT_EQ(ref.code, "spring");
  EXPECT_EQ(ref_of_key("spring").host, "");
  EXPECT_EQ(ref_of_key("spring").code, "spring");
}

}  // namespace
}  // namespace ashlar::links
