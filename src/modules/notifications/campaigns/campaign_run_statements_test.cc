// No statement that works chunks reaches another tenant's rows: each is run as Carol, who has
// nothing, with parameters that name what is Alice's. That they are good enough is proved by
// running the same as Alice.
#include <gtest/gtest.h>

#include <array>
#include <string>
#include <string_view>

#include "modules/notifications/campaigns/campaign_run_store.h"
#include "modules/notifications/suppressions_store.h"
#include "modules/notifications/testing/campaign_fixture.h"
#include "platform/storage/statement_rules.h"

namespace ashlar::notifications {
namespace {

using storage::Context;
using storage::Transaction;

constexpr base::TenantId kCarol{3};
constexpr std::string_view kAddress = "+4915112345678";

class CampaignRunStatementsTest : public CampaignFixture {
 protected:
  void SetUp() override {
    CampaignFixture::SetUp();
    if (IsSkipped()) return;
    campaign_ = launch(phones(0, 3)).id;
    run([&](Transaction& tx) -> base::Result<bool> {
      Suppression s;
      s.channel = Channel::kSms;
      s.address = kAddress;
      s.reason = Suppression::kHardBounce;
      ASHLAR_TRY(store::suppress(tx, s));
      ASHLAR_TRY(store::mark_sent(tx, campaign_, users_, "news", clock_.now()));
      const store::CampaignRef ref{ProviderId(1), "SM1", {campaign_, 1, 0}};
      ASHLAR_TRY(store::put_refs(tx, {&ref, 1}));
      return true;
    });
  }

  template <class F>
  bool as(base::TenantId tenant, F&& see) {
    bool seen = false;
    const base::Status undone =
        one_->db->write(Context::tenant(tenant), [&](Transaction& tx) -> base::Status {
          ASHLAR_ASSIGN(seen, see(tx));
          return base::fail(base::Code::kConflict, "undo", "");
        });
    EXPECT_STREQ(undone.error().reason, "undo") << undone.error().detail;
    return seen;
  }

  CampaignId campaign_;
  const std::vector<std::string> users_{"dave"};
};
INSTANTIATE_TEST_SUITE_P(Storage, CampaignRunStatementsTest, storage::both_engines(),
                         storage::engine_name);

TEST_P(CampaignRunStatementsTest, NobodySeesOrChangesAnothersRows) {
  const base::Time now = clock_.now();
  const std::vector<std::string> addresses{std::string(kAddress)};
  const auto only_alice = [&](const auto& see) {
    EXPECT_TRUE(as(kAlice, see));
    EXPECT_FALSE(as(kCarol, see));
  };
  only_alice([&](Transaction& tx) -> base::Result<bool> {
    ASHLAR_ASSIGN(const auto state, store::campaign_state(tx, campaign_));
    return state.has_value();
  });
  only_alice([&](Transaction& tx) -> base::Result<bool> {
    ASHLAR_ASSIGN(const auto taken, store::take_chunk(tx, {{campaign_, 1}, 1}));
    if (!taken) return false;
    ASHLAR_TRY(store::save_chunk(
        tx, {.ref = {campaign_, 1}, .fence = taken->fence, .state = ChunkState::kDone},
        CampaignOutcomes(3), {}, 0));
    ASHLAR_ASSIGN(const auto fence, store::take_done(tx, {campaign_, 1}));
    return fence.has_value();
  });
  only_alice([&](Transaction& tx) -> base::Result<bool> {
    ASHLAR_TRY(store::take_pace(tx, campaign_, 10, 10, now));
    // A second's worth is given out: the next begins after it.
    ASHLAR_ASSIGN(const base::Time next, store::take_pace(tx, campaign_, 10, 10, now));
    return next == now + base::Seconds{1};
  });
  only_alice([&](Transaction& tx) -> base::Result<bool> {
    ASHLAR_ASSIGN(const auto found, store::suppressed_among(tx, Channel::kSms, addresses, "news"));
    return !found.empty();
  });
  only_alice([&](Transaction& tx) -> base::Result<bool> {
    ASHLAR_ASSIGN(const auto sent, store::sent_among(tx, users_, "news", now - base::Seconds{1}));
    return !sent.empty();
  });
  only_alice([&](Transaction& tx) -> base::Result<bool> {
    ASHLAR_ASSIGN(const auto found, store::find_ref(tx, ProviderId(1), "SM1"));
    return found && found->campaign == campaign_;
  });
}

TEST_P(CampaignRunStatementsTest, KeepTheRulesOfBothEngines) {
  for (const storage::Sql* sql : store::campaign_run_statements()) {
    for (const auto dialect : {storage::Dialect::kSqlite, storage::Dialect::kPostgres}) {
      EXPECT_TRUE(storage::engine_text(*sql, dialect).ok()) << sql->text;
    }
  }
  EXPECT_EQ(store::campaign_run_statements().size(), 9U);
}

TEST(InboxPlaceTest, APlaceIsReadBack) {
  for (const std::int64_t campaign : {std::int64_t{1}, std::int64_t{77}, std::int64_t{1} << 30}) {
    for (const std::int64_t no : {1, 1'023, 1'048'575}) {
      for (const std::size_t member : {std::size_t{0}, kChunkMembers - 1}) {
        const ChunkRef ref{CampaignId(campaign), no};
        const auto place = store::inbox_place_of(store::inbox_delivery_of(ref, member));
        ASSERT_TRUE(place);
        EXPECT_EQ(place->ref, ref);
        EXPECT_EQ(place->member, member);
      }
    }
  }
  EXPECT_FALSE(store::inbox_place_of(DeliveryId(12)));
}

}  // namespace
}  // namespace ashlar::notifications
