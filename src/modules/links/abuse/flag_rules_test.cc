#include "modules/links/abuse/flag_rules.h"

#include <gtest/gtest.h>

namespace ashlar::links::abuse {
namespace {

using Reasons = std::vector<std::string>;

Findings listed(const char* threat) { return {.threats = {threat}, .looked_up = true}; }
Findings clean() { return {.looked_up = true}; }

TEST(FlagRulesTest, OfTargets) {
  struct Case {
    LinkFlag before;
    Findings found;
    LinkFlag after;
  };
  const std::vector<Case> table{
      {{}, {}, {}},
      {{}, clean(), {}},
      {{}, {.signs = {"open_redirect"}}, {FlagState::kNone, {"open_redirect"}}},
      {{}, {.signs = {"look_alike"}}, {FlagState::kSuspected, {"look_alike"}}},
      {{}, listed("MALWARE"), {FlagState::kFlagged, {"list:MALWARE"}}},
      {{}, {.denied = true}, {FlagState::kFlagged, {"denied"}}},
      // Another target: what spoke against the old one is gone, but no flag is.
      {{FlagState::kSuspected, {"look_alike", "reports"}}, clean(), {}},
      {{FlagState::kCleared, {"look_alike"}}, clean(), {}},
      {{FlagState::kCleared, {}}, listed("MALWARE"), {FlagState::kFlagged, {"list:MALWARE"}}},
      {{FlagState::kFlagged, {"look_alike", "operator"}},
       clean(),
       {FlagState::kFlagged, {"operator"}}},
      {{FlagState::kFlagged, {"list:MALWARE"}},
       {.signs = {"open_redirect"}},
       {FlagState::kFlagged, {"list:MALWARE", "open_redirect"}}}};
  for (const Case& each : table) {
    EXPECT_EQ(flag_of_targets(each.before, each.found), each.after)
        << name_of(each.before.state) << " -> " << name_of(each.after.state);
  }
}

TEST(FlagRulesTest, WhenChecked) {
  struct Case {
    LinkFlag before;
    Findings found;
    LinkFlag after;
  };
  const std::vector<Case> table{
      {{}, clean(), {}},
      {{}, listed("MALWARE"), {FlagState::kFlagged, {"list:MALWARE"}}},
      {{FlagState::kNone, {"open_redirect"}},
       listed("MALWARE"),
       {FlagState::kFlagged, {"open_redirect", "list:MALWARE"}}},
      // The list lets go: so does the flag, unless a person has put it too.
      {{FlagState::kFlagged, {"list:MALWARE"}}, clean(), {}},
      {{FlagState::kFlagged, {"denied"}}, clean(), {}},
      {{FlagState::kFlagged, {"list:MALWARE", "reports"}},
       clean(),
       {FlagState::kSuspected, {"reports"}}},
      {{FlagState::kFlagged, {"list:MALWARE", "operator"}},
       clean(),
       {FlagState::kFlagged, {"operator"}}},
      {{FlagState::kFlagged, {"operator"}}, clean(), {FlagState::kFlagged, {"operator"}}},
      {{FlagState::kFlagged, {"list:MALWARE"}},
       listed("SOCIAL_ENGINEERING"),
       {FlagState::kFlagged, {"list:SOCIAL_ENGINEERING"}}},
      // Cleared stays cleared: what the operator has cleared is no finding.
      {{FlagState::kCleared, {}}, clean(), {FlagState::kCleared, {}}},
      {{FlagState::kCleared, {}}, listed("MALWARE"), {FlagState::kFlagged, {"list:MALWARE"}}},
      {{FlagState::kSuspected, {"look_alike"}}, clean(), {FlagState::kSuspected, {"look_alike"}}}};
  for (const Case& each : table) {
    EXPECT_EQ(flag_when_checked(each.before, each.found), each.after)
        << name_of(each.before.state) << " -> " << name_of(each.after.state);
  }
}

TEST(FlagRulesTest, WhenReportedAndDecided) {
  EXPECT_EQ(flag_when_reported({}), (LinkFlag{FlagState::kSuspected, {"reports"}}));
  EXPECT_EQ(flag_when_reported({FlagState::kFlagged, {"operator"}}),
            (LinkFlag{FlagState::kFlagged, {"operator"}}));
  EXPECT_EQ(flag_decided({FlagState::kSuspected, {"look_alike", "reports"}}, true),
            (LinkFlag{FlagState::kFlagged, {"look_alike", "reports", "operator"}}));
  EXPECT_EQ(flag_decided({FlagState::kFlagged, {"look_alike", "list:MALWARE", "operator"}}, false),
            (LinkFlag{FlagState::kCleared, {"look_alike"}}));
}

TEST(FlagRulesTest, ReasonsAreBounded) {
  Findings found;
  for (int i = 0; i < 100; ++i) found.signs.push_back("sign" + std::to_string(i));
  EXPECT_EQ(flag_of_targets({}, found).reasons.size(), LinkFlag::kMaxReasons);
}

}  // namespace
}  // namespace ashlar::links::abuse
