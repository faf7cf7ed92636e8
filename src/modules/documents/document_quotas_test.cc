#include "modules/documents/document_quotas.h"

#include <gtest/gtest.h>

#include "modules/documents/documents_store.h"
#include "modules/documents/log_store.h"
#include "modules/documents/testing/documents_fixture.h"

namespace ashlar::documents {
namespace {

std::string reason(const base::Status& status) { return status.ok() ? "" : status.error().reason; }

TEST(DocumentQuotasTest, VisitsAreCountedByUserAndTenant) {
  obs::Registry metrics;
  DocumentQuotas quotas({.visits_of_user = 2, .visits_of_tenant = 3}, metrics);
  EXPECT_EQ(reason(quotas.enter(kAlice, "u")), "");
  EXPECT_EQ(reason(quotas.enter(kAlice, "u")), "");
  EXPECT_EQ(reason(quotas.enter(kAlice, "u")), "too_many_visits_of_user");
  EXPECT_EQ(reason(quotas.enter(kAlice, "v")), "");
  EXPECT_EQ(reason(quotas.enter(kAlice, "w")), "too_many_visits_of_tenant");
  EXPECT_EQ(reason(quotas.enter(kBob, "u")), "") << "another tenant's";
  quotas.leave(kAlice, "u");
  EXPECT_EQ(reason(quotas.enter(kAlice, "u")), "");
  EXPECT_NE(metrics.render().find("quota_refused_total{quota=\"visits\"} 2"), std::string::npos);
}

TEST(DocumentQuotasTest, BytesBindOnceTheyAreKnown) {
  obs::Registry metrics;
  DocumentQuotas quotas({.bytes_of_document = 100, .bytes_of_tenant = 1'000}, metrics);
  const auto use = quotas.use_of(kAlice);
  EXPECT_EQ(reason(quotas.check_room(*use, 90, 10)), "");
  EXPECT_EQ(reason(quotas.check_room(*use, 90, 11)), "document_storage_full");
  use->stored_bytes += 2'000;
  EXPECT_EQ(reason(quotas.check_room(*use, 0, 1)), "");
  ASSERT_EQ(quotas.tenants().size(), 1U);
  quotas.set_stored(kAlice, 995);
  EXPECT_EQ(reason(quotas.check_room(*use, 0, 5)), "");
  use->stored_bytes += 5;
  EXPECT_EQ(reason(quotas.check_room(*use, 0, 1)), "tenant_storage_full");
}

TEST(DocumentQuotasTest, WhoIsGoneIsForgotten) {
  obs::Registry metrics;
  DocumentQuotas quotas({.bytes_of_tenant = 1'000}, metrics);
  auto use = quotas.use_of(kAlice);
  EXPECT_EQ(quotas.tenants().size(), 1U);
  use.reset();
  EXPECT_TRUE(quotas.tenants().empty());
}

class StoredBytesTest : public DocumentsFixture {
 protected:
  // What the row says, and what lies there.
  static std::pair<std::int64_t, std::int64_t> stored(Process& process, const std::string& name) {
    static constexpr storage::Sql kSum{
        storage::Audience::kTenant,
        "SELECT (SELECT COALESCE(sum(length(bytes)), 0) FROM documents_updates"
        " WHERE tenant_id = :tenant AND document_no = ?1) +"
        " (SELECT COALESCE(sum(length(bytes)), 0) FROM documents_snapshots"
        " WHERE tenant_id = :tenant AND document_no = ?1)"};
    std::pair<std::int64_t, std::int64_t> found;
    const auto read = process.db->read(
        storage::Context::tenant(kAlice), [&](storage::Transaction& tx) -> base::Status {
          ASHLAR_ASSIGN(const auto document, store::find(tx, name));
          found.first = document->stored_bytes;
          ASHLAR_TRY(tx.query(kSum, {document->no.value},
                              [&](const storage::Row& sum) { found.second = sum.integer(0); }));
          return base::ok_status();
        });
    EXPECT_TRUE(read.ok());
    return found;
  }
};

INSTANTIATE_TEST_SUITE_P(Storage, StoredBytesTest, storage::both_engines(), storage::engine_name);

TEST_P(StoredBytesTest, TheRowSaysWhatLiesThereWhateverIsTrimmed) {
  DocumentsModule::Options with = options();
  with.documents.live.snapshot_after = 300;
  auto process = start({}, with);
  Guest& guest = make_guest();
  Writer writer(7);
  const auto document = process->visit("a", guest, "alice");
  for (int i = 0; i < 40; ++i) {
    ASSERT_TRUE(process->push(document, guest, writer.append("forty times something, ")).ok());
    ASSERT_TRUE(guest.wait("stored", static_cast<std::size_t>(i) + 1));
  }
  const auto before = stored(*process, "a");
  EXPECT_GT(before.first, 1'000);
  EXPECT_EQ(before.first, before.second);
  const auto trimmed = process->db->write(
      storage::Context::platform(storage::PlatformUse::kDocuments),
      [&](storage::Transaction& tx) -> base::Result<std::int64_t> {
        ASHLAR_ASSIGN(const auto all, store::numbers_after(tx, {}, 10));
        return store::trim(tx, all.at(0), base::from_micros(INT64_MAX / 2), 1'000);
      });
  ASSERT_TRUE(trimmed.ok());
  EXPECT_GT(*trimmed, 0);
  const auto after = stored(*process, "a");
  EXPECT_LT(after.first, before.first);
  EXPECT_EQ(after.first, after.second);
}

// What somebody makes and deletes again and again lies there until it is erased.
TEST_P(StoredBytesTest, WhatIsDeletedCountsForItsTenantUntilItIsErased) {
  auto process = start();
  Guest& guest = make_guest();
  Writer writer(7);
  const auto document = process->visit("a", guest, "alice");
  ASSERT_TRUE(process->push(document, guest, writer.append("something")).ok());
  ASSERT_TRUE(guest.wait("stored"));
  const auto of_tenant = [&](base::TenantId tenant) {
    return *process->db->read(storage::Context::tenant(tenant),
                              [](storage::Transaction& tx) { return store::stored_bytes(tx); });
  };
  const std::int64_t bytes = of_tenant(kAlice);
  EXPECT_GT(bytes, 0);
  const DocumentNo no =
      process->on(document, [&] { return static_cast<LiveDocument&>(*document).row().no; });
  ASSERT_TRUE(remove(*process, "a").ok());
  EXPECT_EQ(of_tenant(kAlice), bytes);
  EXPECT_EQ(of_tenant(kBob), 0);
  ASSERT_TRUE(process->module->erase(no).ok());
  EXPECT_EQ(of_tenant(kAlice), 0);
}

TEST_P(StoredBytesTest, AFullDocumentAndAFullTenantTakeNoMore) {
  DocumentsModule::Options with = options();
  with.documents.quotas = {.visits_of_user = 2, .bytes_of_document = 400, .bytes_of_tenant = 600};
  auto process = start({}, with);
  Guest& guest = make_guest();
  Writer writer(7);
  const auto document = process->visit("a", guest, "alice");
  std::string refused;
  std::string known;
  std::size_t taken = 0;
  for (; taken < 40 && refused.empty(); ++taken) {
    known = writer.doc().encode();
    const auto pushed = process->push(document, guest, writer.append("forty times something, "));
    if (!pushed.ok()) refused = pushed.error().reason;
  }
  ASSERT_TRUE(guest.wait("stored", taken - 1));
  EXPECT_EQ(refused, "document_storage_full");
  // A provider that comes again sends all that it has: it goes on reading.
  EXPECT_TRUE(process->push(document, guest, known).ok());
  EXPECT_NE(process->metrics.render().find("quota_refused_total{quota=\"bytes\"} 1\n"),
            std::string::npos)
      << "what was refused, and nothing else";
  EXPECT_LE(stored(*process, "a").first, 400);
  Writer other(8);
  const auto second = process->visit("b", guest, "alice");
  ASSERT_TRUE(process->module->documents.refresh_quotas().ok());
  refused.clear();
  for (int i = 0; i < 40 && refused.empty(); ++i) {
    const auto pushed = process->push(second, guest, other.append("forty times something, "));
    if (!pushed.ok()) refused = pushed.error().reason;
  }
  EXPECT_EQ(refused, "tenant_storage_full");
  Guest& third = make_guest();
  const auto opened = process->open("a");
  ASSERT_TRUE(opened.ok());
  const auto joined = process->on(*opened, [&] {
    return (*opened)->join(third, {.tenant = kAlice, .user = "alice", .access = Access::kRead});
  });
  ASSERT_FALSE(joined.ok());
  EXPECT_STREQ(joined.error().reason, "too_many_visits_of_user");
}

}  // namespace
}  // namespace ashlar::documents
