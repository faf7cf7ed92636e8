// Imports on a database: what becomes of rows, how a step that is lost is repeated, and that no
// tenant reaches another's.
#include "modules/links/imports/imports.h"

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "modules/links/clicks_store.h"
#include "modules/links/imports/import_rows.h"
#include "modules/links/imports/imports_store.h"
#include "modules/links/testing/links_fixture.h"
#include "platform/storage/statement_rules.h"

namespace ashlar::links {
namespace {

using storage::Context;
using storage::Transaction;

class ImportsTest : public LinksFixture {
 protected:
  Imports imports_{links_, clock_};

  LinkImport begin(ImportSource source, ImportFormat format, const std::string& file,
                   std::size_t part) {
    const auto made =
        db().write(Context::tenant(kAlice), [&](Transaction& tx) -> base::Result<LinkImport> {
          ASHLAR_ASSIGN(const LinkImport import, imports_.create(tx, source, format, ""));
          std::int64_t number = 0;
          for (std::size_t i = 0; i < file.size(); i += part) {
            ASHLAR_TRY(imports_.put_part(tx, import.id, ++number, file.substr(i, part)));
          }
          return imports_.start(tx, import.id);
        });
    EXPECT_TRUE(made.ok());
    return *made;
  }
  bool step(ImportId id, base::TenantId tenant = kAlice) {
    const auto more =
        db().write(Context::tenant(tenant), [&](Transaction& tx) { return imports_.step(tx, id); });
    EXPECT_TRUE(more.ok()) << more.error().detail;
    return more.ok() && *more;
  }
  LinkImport find(ImportId id) {
    return *db().read(Context::tenant(kAlice),
                      [&](Transaction& tx) { return imports_.find(tx, id); });
  }
  LinkImport through(ImportId id) {
    for (int i = 0; i < 1'000 && step(id); ++i) {
    }
    return find(id);
  }
  base::Result<Link> link(const std::string& code) {
    return db().read(Context::tenant(kAlice),
                     [&](Transaction& tx) { return links_.find(tx, {.code = code}); });
  }
  std::vector<ImportRefusal> report(ImportId id, base::TenantId tenant = kAlice) {
    std::vector<ImportRefusal> all;
    const auto read = db().read(Context::tenant(tenant), [&](Transaction& tx) {
      all.clear();
      return store::list_refusals(tx, id, 0, 1'000,
                                  [&](ImportRefusal each) { all.push_back(std::move(each)); });
    });
    EXPECT_TRUE(read.ok());
    return all;
  }
};

INSTANTIATE_TEST_SUITE_P(Storage, ImportsTest, storage::both_engines(), storage::engine_name);

std::string yourls(int rows) {
  std::string file = "keyword,url,timestamp,clicks\n";
  for (int i = 0; i < rows; ++i) {
    file += "row-" + std::to_string(i) + ",https://example.com/" + std::to_string(i) +
            ",2020-01-02 03:04:05," + std::to_string(i % 7) + "\n";
  }
  return file;
}

TEST_P(ImportsTest, ManyRowsOverManyPartsInSteps) {
  const int rows = 1'234;
  const LinkImport begun = begin(ImportSource::kYourls, ImportFormat::kCsv, yourls(rows), 7'777);
  int steps = 0;
  while (step(begun.id) && ++steps < 100) {
    const LinkImport now = find(begun.id);
    EXPECT_EQ(now.rows_done, now.created + now.refused + now.existing);
  }
  const LinkImport done = find(begun.id);
  EXPECT_EQ(done.state, ImportState::kDone);
  EXPECT_EQ(done.created, rows);
  EXPECT_EQ(done.bytes_done, done.bytes);
  EXPECT_GE(steps, 3);
  const auto last = link("row-1233");
  ASSERT_TRUE(last.ok());
  EXPECT_EQ(last->created_at, *base::parse_rfc3339("2020-01-02T03:04:05Z"));
  const auto clicks = db().read(Context::tenant(kAlice),
                                [&](Transaction& tx) { return store::total_clicks(tx, last->id); });
  EXPECT_EQ(*clicks, 1'233 % 7);
  // What it leaves behind is taken away.
  const auto parts = db().read(Context::tenant(kAlice),
                               [&](Transaction& tx) { return store::parts_of(tx, begun.id); });
  EXPECT_EQ(parts->parts, 0);
}

TEST_P(ImportsTest, PartsOfAFewBytesAreReadTogether) {
  const LinkImport done =
      through(begin(ImportSource::kYourls, ImportFormat::kCsv, yourls(20), 3).id);
  EXPECT_EQ(done.state, ImportState::kDone) << done.error;
  EXPECT_EQ(done.created, 20);
}

TEST_P(ImportsTest, LongRowsAreReadWhole) {
  const auto row = [](const std::string& code, std::size_t notes) {
    return R"({"url":"https://example.com/","code":")" + code + R"(","notes":")" +
           std::string(notes, 'x') + "\"}\n";
  };
  const std::string file = row("first", 10) + row("long", 700'000) + row("last", 10);
  const LinkImport done =
      through(begin(ImportSource::kJsonl, ImportFormat::kJsonl, file, 100'000).id);
  EXPECT_EQ(done.state, ImportState::kDone) << done.error;
  EXPECT_EQ(done.created, 2);
  EXPECT_EQ(report(done.id).at(0).reason, "too_long");  // the notes, not the row
  const LinkImport failed = through(begin(ImportSource::kJsonl, ImportFormat::kJsonl,
                                          row("one", 1) + row("two", kMaxRowBytes), 1'000'000)
                                        .id);
  EXPECT_EQ(failed.state, ImportState::kFailed);
  EXPECT_EQ(failed.created, 1);
}

TEST_P(ImportsTest, AStepThatIsRolledBackHappensOnce) {
  const LinkImport begun = begin(ImportSource::kYourls, ImportFormat::kCsv, yourls(900), 100'000);
  for (int i = 0; i < 3; ++i) {
    const auto lost = db().write(Context::tenant(kAlice), [&](Transaction& tx) -> base::Status {
      ASHLAR_TRY(imports_.step(tx, begun.id));
      return base::fail(base::Code::kUnavailable, "lost", "as if the process died");
    });
    EXPECT_FALSE(lost.ok());
    EXPECT_EQ(find(begun.id).rows_done, 0);
    EXPECT_FALSE(link("row-0").ok());
  }
  const LinkImport done = through(begun.id);
  EXPECT_EQ(done.created, 900);
  EXPECT_EQ(done.refused, 0);
  EXPECT_EQ(done.existing, 0);
}

TEST_P(ImportsTest, WhatIsThereAlreadyAndWhatIsRefused) {
  const std::string file =
      "shortCode,longUrl,validUntil,maxVisits,visits\n"
      "same,https://example.com/same,,,\n"
      "same,https://example.com/same,,,\n"
      "same,https://example.com/other,,,\n"
      "v1,https://example.com/,,,\n"
      "old,https://example.com/old,2021-01-01T00:00:00Z,5,9\n"
      "bad,nonsense,,,\n"
      "few,fields\n";
  const LinkImport done = through(begin(ImportSource::kShlink, ImportFormat::kCsv, file, 13).id);
  EXPECT_EQ(done.state, ImportState::kDone);
  EXPECT_EQ(done.created, 2);
  EXPECT_EQ(done.existing, 1);
  EXPECT_EQ(done.refused, 4);
  std::vector<std::string> reasons;
  for (const ImportRefusal& each : report(done.id)) {
    reasons.push_back(std::to_string(each.row) + " " + each.code + " " + each.reason);
  }
  EXPECT_EQ(reasons, (std::vector<std::string>{"3 same code_taken", "4 v1 code_reserved",
                                               "6 bad target_scheme", "7  row_malformed"}));
  const auto old = link("old");
  ASSERT_TRUE(old.ok());
  EXPECT_EQ(old->clicks_used, 5);
}

TEST_P(ImportsTest, AnotherTenantsImportIsNone) {
  const LinkImport import = begin(ImportSource::kYourls, ImportFormat::kCsv, yourls(3), 50);
  EXPECT_FALSE(step(import.id, kBob));
  const auto as_bob = [&](const auto& what) {
    return db().write(Context::tenant(kBob), [&](Transaction& tx) -> base::Status {
      base::Result<LinkImport> result = what(tx);
      if (!result.ok()) return std::move(result).error();
      return base::ok_status();
    });
  };
  for (const auto& status :
       {as_bob([&](Transaction& tx) { return imports_.find(tx, import.id); }),
        as_bob([&](Transaction& tx) { return imports_.put_part(tx, import.id, 1, "x"); }),
        as_bob([&](Transaction& tx) { return imports_.start(tx, import.id); }),
        as_bob([&](Transaction& tx) { return imports_.cancel(tx, import.id); })}) {
    ASSERT_FALSE(status.ok());
    EXPECT_STREQ(status.error().reason, "import_not_found");
  }
  // Whatever he gives to the statements themselves.
  const auto direct = db().write(Context::tenant(kBob), [&](Transaction& tx) -> base::Status {
    LinkImport stolen = import;
    stolen.state = ImportState::kCancelled;
    stolen.version += 1;
    ASHLAR_ASSIGN(const bool updated, store::update_import(tx, stolen));
    EXPECT_FALSE(updated);
    ASHLAR_ASSIGN(const std::int64_t bytes, store::remove_part(tx, import.id, 1));
    ASHLAR_ASSIGN(const std::int64_t chunks, store::remove_chunks(tx, import.id, 100));
    ASHLAR_ASSIGN(const std::int64_t erased, store::erase_import_chunks(tx, 100));
    ASHLAR_ASSIGN(const std::int64_t imports, store::erase_imports(tx, 100));
    EXPECT_EQ(bytes + chunks + erased + imports, 0);
    ASHLAR_TRY(store::read_chunks(tx, import.id, {}, 100, [](const store::Chunk&) { FAIL(); }));
    return store::list_imports(tx, ImportId(1'000), 100, [](const LinkImport&) { FAIL(); });
  });
  EXPECT_TRUE(direct.ok());
  const LinkImport done = through(import.id);
  EXPECT_EQ(done.created, 3);
  EXPECT_TRUE(report(import.id, kBob).empty());
}

TEST_P(ImportsTest, StatementsKeepTheRulesOfBothEngines) {
  std::set<std::string_view> texts;
  for (const storage::Sql* sql : store::import_statements()) {
    EXPECT_TRUE(texts.insert(sql->text).second) << "listed twice: " << sql->text;
    for (const auto dialect : {storage::Dialect::kSqlite, storage::Dialect::kPostgres}) {
      const auto text = storage::engine_text(*sql, dialect);
      EXPECT_TRUE(text.ok()) << sql->text << (text.ok() ? "" : text.error().detail);
    }
  }
}

}  // namespace
}  // namespace ashlar::links
