// How long a flag holds, and what a decision on it covers.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "modules/links/abuse/abuse_json.h"
#include "modules/links/testing/abuse_fixture.h"

namespace ashlar::links::abuse {
namespace {

class HeldFlagsTest : public AbuseFixture {};

INSTANTIATE_TEST_SUITE_P(Storage, HeldFlagsTest, storage::both_engines(), storage::engine_name);

// Another target takes away neither a list's flag nor a denial's: only those who put it let go.
TEST_P(HeldFlagsTest, AnotherTargetKeepsWhatListsHaveFlagged) {
  start(false);
  list("evil.example/");
  const Link listed = create("https://evil.example/x");
  const Link denied = create("https://denied.example/");
  deny("*.denied.example", true);
  round();
  ASSERT_EQ(flag_of(denied.id), "flagged denied");
  retarget(listed, "https://ok.example/");
  retarget(denied, "https://ok.example/");
  work(kCheckJob);
  round();
  EXPECT_EQ(flag_of(listed.id), "flagged list:MALWARE");
  EXPECT_EQ(status_of(listed.id), "open list");
  EXPECT_EQ(flag_of(denied.id), "flagged denied");
  // From one listed target to another: both have to be let go of.
  list("worse.example/");
  retarget(listed, "https://worse.example/");
  retarget(listed, "https://ok.example/");
  unlist("worse.example/");
  round();
  EXPECT_EQ(flag_of(listed.id), "flagged list:MALWARE");
  unlist("evil.example/");
  ASSERT_TRUE(*db().write(Context::platform(PlatformUse::kTenantAdmin), [&](Transaction& tx) {
    return store::remove_denial(tx, "*.denied.example");
  }));
  round();
  EXPECT_EQ(flag_of(listed.id), "none");
  EXPECT_EQ(status_of(listed.id), "lapsed list");
  EXPECT_EQ(flag_of(denied.id), "none");
}

// The operator sees all that a link may lead to, and what is found of which.
TEST_P(HeldFlagsTest, ADecisionIsMadeOnAllTargets) {
  start(false);
  list("evil.example/");
  NewLink wanted{.url = "https://ok.example/?u=https://b.example/", .code = {}, .expires_at = {}};
  wanted.settings.expired_url = "https://evil.example/x";
  wanted.verdict = verdict_of(module_->threats, wanted.url, wanted.settings);
  const auto link = db().write(Context::tenant(kAlice),
                               [&](Transaction& tx) { return module_->links.create(tx, wanted); });
  ASSERT_TRUE(link.ok());
  const auto seen = [&] {
    std::string text;
    const ReviewDetailJson detail = detail_of(*module_->reviews.find(link->id), "", {});
    for (const TargetJson& each : detail.targets) {
      text += each.field + " " + each.url + (each.nested ? " nested" : "");
      for (const std::string& found : each.found) text += " " + found;
      text += "; ";
    }
    for (const std::string& found : detail.earlier) text += "earlier " + found;
    return text;
  };
  EXPECT_EQ(seen(),
            "/url https://ok.example/?u=https://b.example/; "
            "/expired_url https://evil.example/x list:MALWARE; /url https://b.example/ nested; ");
  LinkChange change;
  change.settings.expired_url = "";
  ASSERT_TRUE(db().write(Context::tenant(kAlice),
                         [&](Transaction& tx) {
                           return module_->links.update(tx, {.code = link->code}, change,
                                                        std::nullopt);
                         })
                  .ok());
  EXPECT_EQ(seen(),
            "/url https://ok.example/?u=https://b.example/; /url https://b.example/ nested; "
            "earlier list:MALWARE");
}

// What the operator clears is all that holds by then, also where a second entry has the threat of
// the first.
TEST_P(HeldFlagsTest, WhatIsClearedIsAllThatWasFound) {
  start(false);
  list("evil.example/");
  const Link link = create("https://evil.example/x");
  list("evil.example/x");
  round();
  ASSERT_TRUE(module_->reviews.decide(link.id, false, "").ok());
  round();
  EXPECT_EQ(flag_of(link.id), "cleared");
  // A denial too: the link is let through, the host stays denied.
  deny("evil.example", true);
  round();
  EXPECT_EQ(flag_of(link.id), "flagged denied");
  ASSERT_TRUE(module_->reviews.decide(link.id, false, "").ok());
  round();
  EXPECT_EQ(flag_of(link.id), "cleared");
  EXPECT_EQ(reason_of("https://evil.example/x"), "target_denied");
}

}  // namespace
}  // namespace ashlar::links::abuse
