// No statement of the engine that runs for a tenant reaches another tenant's rows, whatever it is
// given: each is run as Carol, who has nothing, with parameters that name what is Bob's. Whether
// the parameters are good enough is proved by running the same as Bob.
#include <gtest/gtest.h>

#include <algorithm>
#include <iterator>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/check.h"
#include "platform/jobs/end_store.h"
#include "platform/jobs/enqueue_store.h"
#include "platform/jobs/gates.h"
#include "platform/jobs/jobs_data.h"
#include "platform/jobs/lease_store.h"
#include "platform/jobs/mend_store.h"
#include "platform/jobs/testing/jobs_fixture.h"
#include "platform/jobs/views_store.h"
#include "platform/storage/statement_rules.h"

namespace ashlar::jobs {
namespace {

using storage::Param;
using storage::Sql;
using storage::Transaction;

constexpr base::TenantId kCarol{3};
constexpr Sql kDump{storage::Audience::kPlatform,
                    "SELECT count(*) || ' ' || sum(phase * 7 + attempt + lease_until + counted)"
                    " || ' ' || (SELECT count(*) FROM job_history) || ' ' || (SELECT count(*)"
                    " FROM job_attempts) || ' ' || (SELECT count(*) FROM job_notes) || ' ' ||"
                    " (SELECT count(*) FROM job_queues) FROM jobs"};

class JobsStatementsTest : public JobsFixture {
 protected:
  std::vector<const Sql*> all() {
    std::vector<const Sql*> found;
    for (const auto& list :
         {store::enqueue_statements(GetParam()), store::gate_statements(GetParam()),
          store::end_statements(GetParam()), store::lease_statements(GetParam()),
          store::view_statements(), store::mend_statements(GetParam())}) {
      found.insert(found.end(), list.begin(), list.end());
    }
    const auto data = data_statements();
    found.insert(found.end(), data.begin(), data.end());
    return found;
  }

  JobId add(const char* payload, bool later = false) {
    NewJob job;
    job.kind = "k";
    job.queue = "q";
    job.payload = payload;
    job.unique_key = payload;
    if (later) job.run_at = clock_.now() + base::Seconds(60);
    return enqueue(job, kBob).id;
  }

  void fill() {
    dead_ = add("dead");
    ASSERT_TRUE(end(lease().at(0).ref, Outcome::dead("e")));
    running_ = add("running");
    ASSERT_EQ(lease().size(), 1U);
    ready_ = add("ready");
    later_ = add("later", true);
    NewJob held;
    held.kind = "k";
    held.queue = "q";
    held.key = "key";
    held.key_limit = 2;  // and its rate lets one in
    enqueue(held, kBob);
    enqueue(held, kBob);
    ASSERT_TRUE(as(kBob, [&](Transaction& tx) {
                  return jobs().set_queue(tx, kBob, "k", "q",
                                          {.max_running = 100, .key_rate_per_s = 0.001});
                }).ok());
    const auto leased = lease(2);
    ASSERT_EQ(leased.size(), 2U);
    ASSERT_TRUE(leased[1].key.has_value());
    ASSERT_TRUE(end(leased[1].ref, Outcome::done()));  // its places are free: notes are left
    ASSERT_EQ(leased[0].ref.id, ready_);
  }

  std::string dump() {
    std::string text;
    EXPECT_TRUE(db().read(platform(),
                          [&](Transaction& tx) -> base::Status {
                            ASHLAR_TRY(tx.query(
                                kDump, {}, [&](const storage::Row& row) { text = row.text(0); }));
                            return base::ok_status();
                          })
                    .ok());
    return text;
  }

  // What a caller of the store could give, for each statement by what it asks.
  base::Result<std::int64_t> run(Transaction& tx, const Sql& sql, JobId id, std::int64_t attempt) {
    const std::string text(GetParam() == storage::Dialect::kPostgres && !sql.pg.empty() ? sql.pg
                                                                                        : sql.text);
    const int wanted = storage::engine_text(sql, GetParam())->parameters;
    const std::string ids = "{" + std::to_string(id.value) + "}";
    const std::string attempts = "{" + std::to_string(attempt) + "}";
    std::vector<std::string> texts;
    texts.reserve(40);
    std::vector<Param> p;
    for (int n = 1; n <= wanted; ++n) p.push_back(parameter(text, n, ids, attempts, id, attempt));
    const bool query = text.starts_with("SELECT") || text.find("RETURNING") != std::string::npos ||
                       text.starts_with("WITH");
    const auto go = [&](std::initializer_list<Param> list) {
      return query ? tx.query(sql, list, [](const storage::Row&) {}) : tx.execute(sql, list);
    };
    switch (wanted) {
      case 0:
        return go({});
      case 1:
        return go({p[0]});
      case 2:
        return go({p[0], p[1]});
      case 3:
        return go({p[0], p[1], p[2]});
      case 4:
        return go({p[0], p[1], p[2], p[3]});
      case 5:
        return go({p[0], p[1], p[2], p[3], p[4]});
      case 6:
        return go({p[0], p[1], p[2], p[3], p[4], p[5]});
      case 7:
        return go({p[0], p[1], p[2], p[3], p[4], p[5], p[6]});
      default:
        return go({p[0], p[1], p[2], p[3], p[4], p[5], p[6], p[7]});
    }
  }

  // Types as the statement wants them: PostgreSQL's are fixed.
  static Param parameter(const std::string& text, int n, const std::string& ids,
                         const std::string& attempts, JobId id, std::int64_t attempt) {
    const std::string name = "?" + std::to_string(n);
    const auto has = [&](const std::string& before) {
      return text.find(before + name) != std::string::npos;
    };
    if (text.find(name + "::bigint[]") != std::string::npos) {
      return n == 1 ? std::string_view(ids) : std::string_view(attempts);
    }
    if (text.find(name + "::text[]") != std::string::npos) return std::string_view("{x}");
    if (has("kind = ") || text.find(name + " = '' OR kind") != std::string::npos) {
      return std::string_view("k");
    }
    if (has("queue = ") || text.find(name + " = '' OR queue") != std::string::npos) {
      return std::string_view("q");
    }
    if (has("unique_key = ")) return std::string_view("ready");
    if (text.find("error, " + name) != std::string::npos) return std::string_view("");
    if (text.find(name + " = ''") != std::string::npos) return std::string_view("");
    if (has("id < ") || has("ended_at < ") || has("LIMIT ")) return std::int64_t{1} << 60;
    if (has("id > ") || has("ended_at >= ")) return std::int64_t{0};
    if (text.find(name + " < 0") != std::string::npos) return std::int64_t{-1};
    if (has("id = ")) return id.value;
    if (has("attempt = ")) return attempt;
    if (text.starts_with("INSERT INTO job_history") && n == 4) return std::string_view("r");
    if (text.starts_with("WITH gone") && n == 5) return std::string_view("r");
    if (text.starts_with("INSERT INTO job_attempts") && n == 3) return std::string_view("e");
    return std::int64_t{1};
  }

  JobId dead_, running_, ready_, later_;
};
INSTANTIATE_TEST_SUITE_P(Storage, JobsStatementsTest, storage::both_engines(),
                         storage::engine_name);

TEST_P(JobsStatementsTest, NobodySeesOrChangesAnothersRows) {
  ASSERT_NO_FATAL_FAILURE(fill());
  const std::string before = dump();
  std::set<std::string_view> reached;
  std::set<std::string_view> wanted;
  for (const Sql* sql : all()) {
    // What is inserted is one's own: that is what the policy and the context are for.
    if (sql->audience != storage::Audience::kTenant) continue;
    const std::string_view text =
        GetParam() == storage::Dialect::kPostgres && !sql->pg.empty() ? sql->pg : sql->text;
    const bool adds =
        text.starts_with("INSERT") && text.find(" FROM job") == std::string_view::npos;
    if (adds) continue;
    wanted.insert(text);
    for (const JobId id : {dead_, running_, ready_, later_}) {
      for (const base::TenantId tenant : {kBob, kCarol}) {
        std::int64_t rows = -1;
        const auto undone = as(tenant, [&](Transaction& tx) -> base::Status {
          ASHLAR_ASSIGN(rows, run(tx, *sql, id, 1));
          return base::fail(base::Code::kConflict, "undo", "");
        });
        ASSERT_EQ(reason(undone), "undo") << undone.error().detail << " " << text;
        if (tenant == kBob && rows > 0) reached.insert(text);
        if (tenant == kCarol) {
          EXPECT_EQ(rows, 0) << text;
        }
      }
    }
  }
  std::vector<std::string_view> missed;
  std::set_difference(wanted.begin(), wanted.end(), reached.begin(), reached.end(),
                      std::back_inserter(missed));
  for (const std::string_view text : missed) ADD_FAILURE() << "reached nothing: " << text;
  EXPECT_EQ(dump(), before);
}

TEST_P(JobsStatementsTest, KeepTheRulesOfBothEngines) {
  for (const Sql* sql : all()) {
    const auto text = storage::engine_text(*sql, GetParam());
    EXPECT_TRUE(text.ok()) << sql->text << sql->pg;
  }
}

}  // namespace
}  // namespace ashlar::jobs
