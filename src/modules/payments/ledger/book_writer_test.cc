// BookWriter on both engines: what commits together, what falls apart, two writers on one book.
#include "modules/payments/ledger/book_writer.h"

#include <gtest/gtest.h>

#include "modules/payments/ledger/testing/ledger_fixture.h"

namespace ashlar::ledger {
namespace {

class BookWriterTest : public LedgerFixture {
 protected:
  void SetUp() override {
    LedgerFixture::SetUp();
    if (IsSkipped()) return;
    const base::Status opened = open_accounts(
        {account_of("cash"), account_of("alice", "USD", {.debits_must_not_exceed_credits = true}),
         account_of("bob", "USD", {.debits_must_not_exceed_credits = true})});
    ASSERT_TRUE(opened.ok()) << opened.error().reason << " " << opened.error().detail;
  }
};

INSTANTIATE_TEST_SUITE_P(Storage, BookWriterTest, storage::both_engines(), storage::engine_name);

TEST_P(BookWriterTest, MovesMoneyAndItsTotalsAreThereAfterwards) {
  ASSERT_EQ(reason_of(move({moves("t1", "cash", "alice", 100), moves("t2", "alice", "bob", 30)})),
            "");
  EXPECT_EQ(totals("alice"), (Totals{.debits_posted = 30, .credits_posted = 100}));
  EXPECT_EQ(totals("bob"), (Totals{.credits_posted = 30}));
  EXPECT_EQ(totals("cash"), (Totals{.debits_posted = 100}));
  EXPECT_EQ(reason_of(move({moves("t3", "bob", "cash", 31)})), "exceeds_credits");
  EXPECT_EQ(reason_of(move({moves("t1", "cash", "alice", 100)})), "exists");
}

}  // namespace
}  // namespace ashlar::ledger
