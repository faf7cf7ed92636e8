// No statement of campaigns and their chunks reaches another tenant's rows: each is run as Carol,
// who has nothing, with parameters that name what is Alice's. That they are good enough is proved
// by running the same as Alice. And none reads a table as a whole.
#include <gtest/gtest.h>

#include <deque>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "modules/notifications/testing/campaign_fixture.h"
#include "platform/storage/statement_rules.h"

namespace ashlar::notifications {
namespace {

using storage::Context;
using storage::Param;
using storage::Row;
using storage::Sql;
using storage::Transaction;

constexpr base::TenantId kCarol{3};

std::vector<const Sql*> all_statements() {
  std::vector<const Sql*> all;
  for (const auto list : {store::campaign_statements(), store::campaign_chunk_statements()}) {
    all.insert(all.end(), list.begin(), list.end());
  }
  return all;
}

class CampaignStatementsTest : public CampaignFixture {
 protected:
  // One that runs, its first chunk fed; one that has an upload.
  void SetUp() override {
    CampaignFixture::SetUp();
    if (IsSkipped()) return;
    running_ = launch(phones(0, 700), [](Campaign& c) { c.dedupe_key = "once"; });
    fed_ = FedChunk{.ref = {running_.id, 1}, .feed = 1};
    run([&](Transaction& tx) -> base::Status {
      ASHLAR_TRY(store::insert_upload(tx, running_.id, 1, phones(0, 3)));
      return base::ok_status();
    });
  }

  // What `see` says, as that tenant; nothing stays changed.
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
  template <class F>
  void only_alice(const char* what, const F& see) {
    SCOPED_TRACE(what);
    EXPECT_TRUE(as(kAlice, see));
    EXPECT_FALSE(as(kCarol, see));
  }
  store::ChunkSave save_of(std::int64_t fence) const {
    return {.ref = fed_.ref, .fence = fence, .state = ChunkState::kIdle};
  }
  // Makes a chunk rest, and one of its members failed, as Alice's worker would.
  base::Status rest(Transaction& tx) const {
    CampaignOutcomes outcomes(kChunkMembers);
    outcomes.fail(0, "refused");
    return store::save_chunk(tx, save_of(fence_), outcomes, {}, 0);
  }

  Campaign running_;
  FedChunk fed_;
  std::int64_t fence_ = 0;  // nobody has taken it
};
INSTANTIATE_TEST_SUITE_P(Storage, CampaignStatementsTest, storage::both_engines(),
                         storage::engine_name);

TEST_P(CampaignStatementsTest, NobodySeesAnothersCampaigns) {
  const CampaignId id = running_.id;
  const auto seen = [](const auto& found) -> base::Result<bool> {
    if (!found.ok()) return found.error();
    return static_cast<bool>(*found);
  };
  only_alice("find", [&](Transaction& tx) { return seen(store::find_campaign(tx, id)); });
  only_alice("lock", [&](Transaction& tx) { return seen(store::lock_campaign(tx, id)); });
  only_alice("list", [&](Transaction& tx) -> base::Result<bool> {
    ASHLAR_ASSIGN(const auto all, store::list_campaigns(tx, {}, CampaignId(INT64_MAX), 10));
    return !all.empty();
  });
  only_alice("live", [&](Transaction& tx) { return seen(store::count_live_campaigns(tx)); });
  only_alice("dedupe", [&](Transaction& tx) -> base::Result<bool> {
    ASHLAR_ASSIGN(const auto made, store::insert_campaign(tx, running_));
    return made.existed;
  });
  only_alice("uploads", [&](Transaction& tx) { return seen(store::count_uploads(tx, id)); });
  only_alice("upload", [&](Transaction& tx) -> base::Result<bool> {
    ASHLAR_ASSIGN(const auto members, store::read_upload(tx, id, 1, ""));
    return !members.empty();
  });
  only_alice("drop", [&](Transaction& tx) { return seen(store::drop_uploads(tx, id, 9)); });
  only_alice("erase", [&](Transaction& tx) { return seen(store::erase_campaigns(tx, 9)); });
  only_alice("update", [&](Transaction& tx) -> base::Result<bool> {
    Campaign changed = running_;
    changed.stopped_reason = "carol";
    ASHLAR_TRY(store::update_campaign(tx, changed));
    ASHLAR_ASSIGN(const auto now, store::find_campaign(tx, id));
    return now && now->stopped_reason == "carol";
  });
}

TEST_P(CampaignStatementsTest, NobodySeesAnothersChunks) {
  const CampaignId id = running_.id;
  const auto seen = [](const auto& found) -> base::Result<bool> {
    if (!found.ok()) return found.error();
    return static_cast<bool>(*found);
  };
  only_alice("take", [&](Transaction& tx) { return seen(store::take_chunk(tx, fed_)); });
  only_alice("load", [&](Transaction& tx) { return seen(store::load_chunk(tx, fed_.ref)); });
  only_alice("fed", [&](Transaction& tx) { return seen(store::count_fed(tx, id, 9)); });
  only_alice("undone", [&](Transaction& tx) -> base::Result<bool> {
    ASHLAR_ASSIGN(const bool done, store::all_done(tx, id));
    return !done;
  });
  only_alice("count", [&](Transaction& tx) -> base::Result<bool> {
    ASHLAR_ASSIGN(const CampaignCounts counts, store::count_campaign(tx, id));
    return counts.audience > 0;
  });
  only_alice("chunk_of_key", [&](Transaction& tx) {
    return seen(store::chunk_of_key(tx, id, phones(1, 1)[0].key()));
  });
  only_alice("next", [&](Transaction& tx) {
    return seen(store::next_chunk(tx, id, 1, store::ChunkInterest::kAny));
  });
  only_alice("reports", [&](Transaction& tx) { return seen(store::lock_reports(tx, fed_.ref)); });
  only_alice("save_reports", [&](Transaction& tx) -> base::Result<bool> {
    CampaignReports reports(kChunkMembers);
    reports.mark(CampaignReports::Kind::kOpened, 1);
    ASHLAR_TRY(store::save_reports(tx, fed_.ref, reports, {}, 0));
    ASHLAR_ASSIGN(const CampaignCounts counts, store::count_campaign(tx, id));
    return counts.opened == 1;
  });
}

TEST_P(CampaignStatementsTest, NobodyChangesAnothersChunks) {
  const CampaignId id = running_.id;
  EXPECT_TRUE(as(kAlice, [&](Transaction& tx) -> base::Result<bool> {
    ASHLAR_TRY(rest(tx));
    return true;
  }));
  const auto stolen =
      one_->db->write(Context::tenant(kCarol), [&](Transaction& tx) { return rest(tx); });
  EXPECT_STREQ(stolen.error().reason, "chunk_lost");
  run([&](Transaction& tx) { return rest(tx); });
  only_alice("feed", [&](Transaction& tx) -> base::Result<bool> {
    ASHLAR_ASSIGN(const auto fed, store::feed_chunk(tx, id));
    return fed.has_value();
  });
  only_alice("resting", [&](Transaction& tx) -> base::Result<bool> {
    ASHLAR_ASSIGN(const auto resting, store::list_resting(tx, id, 0, 9));
    return !resting.empty();
  });
  only_alice("take_resting", [&](Transaction& tx) -> base::Result<bool> {
    ASHLAR_ASSIGN(const auto taken, store::take_resting(tx, fed_.ref));
    return taken.has_value();
  });
  only_alice("retry", [&](Transaction& tx) -> base::Result<bool> {
    ASHLAR_ASSIGN(const std::int64_t chunks, store::mark_retries(tx, id, false));
    return chunks > 0;
  });
  only_alice("tally", [&](Transaction& tx) -> base::Result<bool> {
    ASHLAR_ASSIGN(const auto tally, store::tally_campaign(tx, id, 0));
    return tally.reasons.contains("refused");
  });
}

TEST_P(CampaignStatementsTest, WhoWasOvertakenWritesNothing) {
  const auto taken = run([&](Transaction& tx) { return store::take_chunk(tx, fed_); });
  ASSERT_TRUE(taken);
  const auto late = one_->db->write(Context::tenant(kAlice), [&](Transaction& tx) {
    return store::save_chunk(tx, save_of(taken->fence - 1), CampaignOutcomes(kChunkMembers), {}, 0);
  });
  EXPECT_STREQ(late.error().reason, "chunk_lost");
  // A job that a crash has left behind, of an earlier feeding.
  run([&](Transaction& tx) -> base::Status {
    ASHLAR_TRY(
        store::save_chunk(tx, save_of(taken->fence), CampaignOutcomes(kChunkMembers), {}, 0));
    ASHLAR_ASSIGN(const auto fed, store::feed_chunk(tx, running_.id));
    EXPECT_TRUE(fed && fed->feed == 2);
    return base::ok_status();
  });
  EXPECT_FALSE(run([&](Transaction& tx) { return store::take_chunk(tx, fed_); }));
  EXPECT_TRUE(run([&](Transaction& tx) { return store::take_chunk(tx, {fed_.ref, 2}); }));
}

TEST_P(CampaignStatementsTest, KeepTheRulesOfBothEnginesAndReadNoWholeTable) {
  std::set<std::string_view> texts;
  std::deque<std::string> plans;
  std::deque<Sql> explained;
  int steps = 0;
  for (const Sql* sql : all_statements()) {
    EXPECT_TRUE(texts.insert(sql->text).second) << "listed twice: " << sql->text;
    for (const auto dialect : {storage::Dialect::kSqlite, storage::Dialect::kPostgres}) {
      EXPECT_TRUE(storage::engine_text(*sql, dialect).ok()) << sql->text;
    }
    const int parameters = storage::engine_text(*sql, storage::Dialect::kSqlite)->parameters;
    // A tenant is erased once.
    const bool erases = sql->audience == storage::Audience::kTenant && parameters == 1 &&
                        sql->text.starts_with("DELETE");
    if (GetParam() != storage::Dialect::kSqlite || parameters > 4 || erases) continue;
    plans.push_back("EXPLAIN QUERY PLAN " + std::string(sql->text));
    explained.push_back({sql->audience, plans.back()});
    const auto look = [&](const Row& row) {
      ++steps;
      const std::string_view step = row.text(3);
      EXPECT_FALSE(step.starts_with("SCAN notifications")) << step << " in " << sql->text;
    };
    const Context context = sql->audience == storage::Audience::kTenant
                                ? Context::tenant(kAlice)
                                : Context::platform(storage::PlatformUse::kMaintenance);
    const std::int64_t one = 1;
    const auto read = one_->db->write(context, [&](Transaction& tx) {
      const Sql& plan = explained.back();
      return parameters == 0   ? tx.query(plan, {}, look)
             : parameters == 1 ? tx.query(plan, {one}, look)
             : parameters == 2 ? tx.query(plan, {one, one}, look)
             : parameters == 3 ? tx.query(plan, {one, one, one}, look)
                               : tx.query(plan, {one, one, one, one}, look);
    });
    EXPECT_TRUE(read.ok()) << read.error().detail << " " << sql->text;
  }
  EXPECT_GE(texts.size(), 40U);
  EXPECT_TRUE(GetParam() != storage::Dialect::kSqlite || steps > 40) << steps;
}

}  // namespace
}  // namespace ashlar::notifications
