// What somebody who is inside may do follows his token, his key and the grants.
#include "modules/documents/documents.h"
#include "modules/documents/documents_store.h"
#include "modules/documents/testing/documents_fixture.h"
#include "platform/security/tenants.h"
#include "platform/storage/testing/forgetful_database.h"

namespace ashlar::documents {
namespace {

using storage::Transaction;

std::string number(EndReason reason) { return std::to_string(static_cast<int>(reason)); }

// Told of its end, with this reason.
bool ended(Guest& guest, EndReason reason) {
  if (!guest.wait("end")) return false;
  for (const Guest::Told& one : guest.told()) {
    if (one.first == "end") return one.second == number(reason);
  }
  return false;
}

class DocumentsAccessTest : public DocumentsFixture {};

INSTANTIATE_TEST_SUITE_P(Storage, DocumentsAccessTest, storage::both_engines(),
                         storage::engine_name);

TEST_P(DocumentsAccessTest, AnotherTenantsTokenNeitherOpensNorRenews) {
  auto process = start();
  Guest& guest = make_guest();
  Guest& stranger = make_guest();
  Guest& renewed = make_guest();
  const auto document = process->visit("a", guest, "alice");
  process->visit("a", renewed, "alice");
  Visitor foreign;
  foreign.tenant = kBob;
  foreign.user = "alice";
  foreign.access = foreign.cap = Access::kWrite;
  const auto joined = process->on(document, [&] { return document->join(stranger, foreign); });
  ASSERT_FALSE(joined.ok());
  EXPECT_STREQ(joined.error().reason, "access_denied");
  process->on(document, [&] { document->renew(guest, foreign); });
  EXPECT_TRUE(ended(guest, EndReason::kRevoked));
  Visitor own = foreign;
  own.tenant = kAlice;
  process->on(document, [&] { document->renew(renewed, own); });
  EXPECT_EQ(renewed.count("end"), 0u);
}

TEST_P(DocumentsAccessTest, ATokenThatIsRevokedShowsItsBearerOut) {
  auto process = start();
  auto other = start();
  Guest& guest = make_guest();
  Guest& stays = make_guest();
  const auto document = process->visit("a", guest, "alice", Access::kWrite, 4711);
  process->visit("a", stays, "bob", Access::kWrite, 4712);
  // In another process: it reaches this one by the database.
  ASSERT_TRUE(other->db
                  ->write(storage::Context::tenant(kAlice),
                          [&](Transaction& tx) -> base::Status {
                            ASHLAR_TRY(store::revoke_token(tx, "a", 4711, other->clock.now()));
                            tx.notify(Documents::kChannel, Documents::token_revoked(kAlice, 4711));
                            return base::ok_status();
                          })
                  .ok());
  EXPECT_TRUE(ended(guest, EndReason::kRevoked));
  EXPECT_EQ(stays.count("end"), 0u);
}

TEST_P(DocumentsAccessTest, AGrantHoldsForWhoIsInside) {
  auto process = start();
  Guest& guest = make_guest();
  Writer writer(7);
  const auto document = process->visit("a", guest, "alice");
  const auto grant = [&](Access access) {
    return process->db->write(
        storage::Context::tenant(kAlice), [&](Transaction& tx) -> base::Status {
          ASHLAR_ASSIGN(const auto row, store::find(tx, "a"));
          ASHLAR_TRY(store::put_grant(tx, row->no, {"alice", access, process->clock.now()}));
          tx.notify(Documents::kChannel, Documents::grants_changed(kAlice, "a"));
          return base::ok_status();
        });
  };
  ASSERT_TRUE(grant(Access::kRead).ok());
  ASSERT_TRUE(guest.wait("access"));
  EXPECT_FALSE(process->push(document, guest, writer.append("x")).ok());
  ASSERT_TRUE(grant(Access::kWrite).ok());
  // A question that meets the change may be answered with what lies between the two.
  std::size_t told = 1;
  while (process->on(document, [&] { return document->access_of(guest); }) != Access::kWrite) {
    ASSERT_TRUE(guest.wait("access", ++told));
  }
  const auto pushed = process->push(document, guest, writer.doc().encode());
  EXPECT_TRUE(pushed.ok()) << pushed.error().reason;
  ASSERT_TRUE(grant(Access::kNone).ok());
  EXPECT_TRUE(ended(guest, EndReason::kRevoked));
}

// As one whom the door let in just before.
TEST_P(DocumentsAccessTest, WhatWasRevokedBeforeHeJoinedShowsHimOut) {
  auto process = start();
  const auto revoke = [&](std::int64_t token) {
    return process->db->write(storage::Context::tenant(kAlice), [&](Transaction& tx) {
      return store::revoke_token(tx, "a", token, process->clock.now() + base::Seconds{60});
    });
  };
  ASSERT_TRUE(process->open("a").ok());
  ASSERT_TRUE(revoke(4711).ok());
  Guest& guest = make_guest();
  const auto document = process->visit("a", guest, "alice", Access::kWrite, 4711);
  EXPECT_TRUE(ended(guest, EndReason::kRevoked));
  // And who renews his visit with such a one.
  Guest& other = make_guest();
  process->visit("a", other, "alice", Access::kWrite, 4712);
  ASSERT_TRUE(revoke(4713).ok());
  Visitor again;
  again.tenant = kAlice;
  again.user = "alice";
  again.access = again.cap = Access::kWrite;
  again.token = 4713;
  process->on(document, [&] { document->renew(other, again); });
  EXPECT_TRUE(ended(other, EndReason::kRevoked));
}

TEST_P(DocumentsAccessTest, AKeyThatIsRevokedShowsItsBearerOut) {
  auto process = start();
  auto other = start();
  const auto tenant = security::Tenants(*process->db, process->clock, {}).create("acme");
  ASSERT_TRUE(tenant.ok());
  const auto context = storage::Context::tenant(tenant->id);
  security::Principal creator;
  creator.kind = security::Principal::Kind::kAdmin;
  const base::Time end = process->clock.now() + base::Seconds{3'600};
  const auto make = [&](std::optional<base::Time> expires) {
    return *process->keys.create(
        context, {std::nullopt, {"documents:read", "documents:write"}, expires}, creator);
  };
  const security::CreatedApiKey key = make({});
  const security::CreatedApiKey stays = make(end);
  const auto enter = [&](const security::CreatedApiKey& with, Guest& guest) {
    const auto visitor = process->module->door.admit(with.text, "a", {});
    EXPECT_TRUE(visitor.ok());
    const auto document = *process->open("a", Access::kWrite, tenant->id);
    EXPECT_TRUE(process->on(document, [&] { return document->join(guest, *visitor); }).ok());
    return *visitor;
  };
  Guest& guest = make_guest();
  Guest& staying = make_guest();
  EXPECT_EQ(enter(key, guest).expires, base::Time::max());
  EXPECT_EQ(enter(stays, staying).expires, end);       // then tick() ends it
  EXPECT_EQ(enter(stays, make_guest()).expires, end);  // and from the keys' memory too
  // In another process: it reaches this one by the database.
  ASSERT_TRUE(other->keys.revoke(context, key.key.id).ok());
  EXPECT_TRUE(ended(guest, EndReason::kRevoked));
  EXPECT_EQ(staying.count("end"), 0u);
}

TEST_P(DocumentsAccessTest, AKeyThatExpiresShowsItsBearerOutWithinASecond) {
  auto process = start();
  const auto tenant = security::Tenants(*process->db, process->clock, {}).create("acme");
  ASSERT_TRUE(tenant.ok());
  security::Principal creator;
  creator.kind = security::Principal::Kind::kAdmin;
  const base::Time end = process->clock.now() + base::Millis{900};
  const auto key =
      process->keys.create(storage::Context::tenant(tenant->id),
                           {std::nullopt, {"documents:read", "documents:write"}, end}, creator);
  ASSERT_TRUE(key.ok()) << key.error().reason;
  const auto visitor = process->module->door.admit(key->text, "a", {});
  ASSERT_TRUE(visitor.ok());
  const auto document = *process->open("a", Access::kWrite, tenant->id);
  Guest& guest = make_guest();
  ASSERT_TRUE(process->on(document, [&] { return document->join(guest, *visitor); }).ok());
  EXPECT_EQ(guest.count("end"), 0u);
  EXPECT_TRUE(ended(guest, EndReason::kKeyExpired));
  EXPECT_GE(process->clock.now(), end);
  EXPECT_LE(process->clock.now(), end + base::Seconds{1});
  const auto again = process->module->door.admit(key->text, "a", {});
  ASSERT_FALSE(again.ok());
  EXPECT_EQ(again.error().code, base::Code::kUnauthenticated);
}

// A number is a token's of one document.
TEST_P(DocumentsAccessTest, ATokenIsRevokedForItsOwnDocumentAlone) {
  auto process = start();
  Guest& guest = make_guest();
  Guest& other = make_guest();
  process->visit("a", guest, "alice", Access::kWrite, 4711);
  const auto revoke = [&](const std::string& name) {
    return process->db->write(
        storage::Context::tenant(kAlice), [&](Transaction& tx) -> base::Status {
          ASHLAR_TRY(store::revoke_token(tx, name, 4711, process->clock.now() + base::Seconds{60}));
          tx.notify(Documents::kChannel, Documents::token_revoked(kAlice, 4711));
          return base::ok_status();
        });
  };
  ASSERT_TRUE(revoke("b").ok());
  process->visit("b", other, "alice", Access::kWrite, 4711);
  EXPECT_TRUE(ended(other, EndReason::kRevoked));
  EXPECT_EQ(guest.count("end"), 0u);
  ASSERT_TRUE(revoke("a").ok());
  EXPECT_TRUE(ended(guest, EndReason::kRevoked));
}

TEST_P(DocumentsAccessTest, WhatStorageDidNotAnswerIsAskedAgain) {
  storage::ForgetfulDatabase* forgetful = nullptr;
  auto process = start([&](std::unique_ptr<storage::Database> inner) {
    auto made = std::make_unique<storage::ForgetfulDatabase>(std::move(inner));
    forgetful = made.get();
    return made;
  });
  ASSERT_TRUE(process->open("a").ok());
  ASSERT_TRUE(process->db
                  ->write(storage::Context::tenant(kAlice),
                          [&](Transaction& tx) {
                            return store::revoke_token(tx, "a", 4711,
                                                       process->clock.now() + base::Seconds{60});
                          })
                  .ok());
  forgetful->fail_reads(1);
  Guest& guest = make_guest();
  process->visit("a", guest, "alice", Access::kWrite, 4711);
  EXPECT_TRUE(ended(guest, EndReason::kRevoked));
  EXPECT_EQ(forgetful->reads_to_fail(), 0);
}

}  // namespace
}  // namespace ashlar::documents
