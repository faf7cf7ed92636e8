// Pages of domains are targets too: denied, listed, stopped.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "modules/links/testing/abuse_fixture.h"

namespace ashlar::links::abuse {
namespace {

class DomainStopsTest : public AbuseFixture {};

INSTANTIATE_TEST_SUITE_P(Storage, DomainStopsTest, storage::both_engines(), storage::engine_name);

// The pages of a domain are targets too.
TEST_P(DomainStopsTest, PagesOfDomainsAreJudged) {
  deny("denied.example", true);
  const auto denied = db().write(Context::tenant(kAlice), [&](Transaction& tx) {
    return module_->domains.create(
        tx, {"bad.example", "https://ok.example/?u=//denied.example/", "https://denied.example/"});
  });
  ASSERT_FALSE(denied.ok());
  ASSERT_EQ(denied.error().fields.size(), 2U);
  EXPECT_EQ(denied.error().fields[0].field, "/not_found_url");
  EXPECT_EQ(denied.error().fields[1].field, "/root_url");
  list("evil.example/");
  add_domain("go.example", "https://evil.example/");
  EXPECT_EQ(page_of("go.example"), "https://evil.example/");
  EXPECT_EQ(work(kCheckJob), std::vector<std::string>{"done"});
  EXPECT_EQ(page_of("go.example"), "");
  // Neither other pages nor making it anew take the stop away; that the list lets go does.
  EXPECT_TRUE(db().write(Context::tenant(kAlice),
                         [&](Transaction& tx) {
                           return module_->domains.update(
                               tx, "go.example", {.root_url = "https://ok.example/"}, std::nullopt);
                         })
                  .ok());
  work(kCheckJob);
  EXPECT_EQ(page_of("go.example"), "");
  EXPECT_TRUE(db().write(Context::tenant(kAlice),
                         [&](Transaction& tx) {
                           return module_->domains.remove(tx, "go.example", std::nullopt);
                         })
                  .ok());
  add_domain("go.example", "https://ok.example/");
  EXPECT_EQ(page_of("go.example"), "");
  unlist("evil.example/");
  round();
  EXPECT_EQ(page_of("go.example"), "https://ok.example/");
}

TEST_P(DomainStopsTest, TheRoundAndTheOperatorStopPages) {
  for (int i = 0; i < ListChecks::kDomainSlice + 5; ++i) {
    const std::string name = std::to_string(i);
    add_domain("go" + name + ".example", "https://a.example/" + name);
  }
  add_domain("zz.example", "https://b.example/");
  deny("*.a.example", true);
  round();
  EXPECT_EQ(page_of("go0.example"), "");
  EXPECT_EQ(page_of("go" + std::to_string(ListChecks::kDomainSlice + 4) + ".example"), "");
  EXPECT_EQ(page_of("zz.example"), "https://b.example/");
  // What the operator releases stays so, though it is denied; what he stops, though it is not.
  ASSERT_TRUE(module_->domain_stops.release("go0.example").ok());
  ASSERT_TRUE(module_->domain_stops.stop("zz.example", "no").ok());
  round();
  EXPECT_EQ(page_of("go0.example"), "https://a.example/0");
  EXPECT_EQ(page_of("zz.example"), "");
  EXPECT_EQ(module_->domain_stops.list({}, "", 100)->size(),
            static_cast<std::size_t>(ListChecks::kDomainSlice + 5));
  EXPECT_EQ(module_->domain_stops.stop("none.example", "").error().reason,
            std::string("domain_not_found"));
}

}  // namespace
}  // namespace ashlar::links::abuse
