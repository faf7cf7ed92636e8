// Who may pay with what, and how often a thing may be changed.
#include <gtest/gtest.h>

#include <string>

#include "modules/payments/ids.h"
#include "modules/payments/payments_store.h"
#include "modules/payments/testing/payments_fixture.h"

namespace ashlar::payments {
namespace {

class PayersTest : public PaymentsFixture {
 protected:
  std::string customer(const std::string& name) {
    CustomerChange what;
    what.name = name;
    std::string id;
    ask([&](Done done) { payments().create_customer(asked(""), what, std::move(done)); });
    for (const Customer& one : read([](Reads& reads) { return reads.customers({}); }).rows) {
      if (one.name == name) id = one.id;
    }
    return id;
  }
  std::string card_of(const std::string& customer) {
    NewMethod what;
    what.token = "tok_visa";
    what.customer = customer;
    ask([&](Done done) { payments().create_method(asked(""), what, std::move(done)); });
    return read([&](Reads& reads) { return reads.methods({}, customer); }).rows.at(0).id;
  }
  static NewPayment paying(const std::string& customer, const std::string& method) {
    NewPayment made = wanted(100);
    made.customer = customer;
    made.method = method;
    made.confirm = true;
    return made;
  }
  std::string refused(const NewPayment& what) {
    return refusal([&](Done done) { payments().create(asked(""), what, std::move(done)); });
  }
  std::string updated(const std::string& id) {
    PaymentChange change;
    change.description = "again";
    return refusal([&](Done done) { payments().update(asked(""), id, change, std::move(done)); });
  }
};
INSTANTIATE_TEST_SUITE_P(Storage, PayersTest, storage::both_engines(), storage::engine_name);

TEST_P(PayersTest, NobodyPaysWithAnothersCard) {
  const std::string ada = customer("Ada");
  const std::string bob = customer("Bob");
  const std::string card = card_of(ada);
  EXPECT_EQ(refused(paying(bob, card)), "method_attached");
  EXPECT_TRUE(banks_.north.sent.empty());
  EXPECT_EQ(create(paying(ada, card)).status, 201);
  EXPECT_EQ(create(paying("", card)).status, 201);
}

TEST_P(PayersTest, ADeletedCustomerPaysNothingAnyMore) {
  const std::string ada = customer("Ada");
  const std::string card = card_of(ada);
  NewPayment later = paying(ada, card);
  later.confirm = false;
  const std::string id = id_of(create(later));
  later.method = "tok_visa";
  const std::string by_token = id_of(create(later));
  ask([&](Done done) { payments().delete_customer(asked(""), ada, std::move(done)); });
  EXPECT_EQ(refused(paying("", card)), "customer_not_found");
  for (const std::string& one : {id, by_token}) {
    EXPECT_EQ(refusal([&](Done done) { payments().confirm(asked(""), one, {}, std::move(done)); }),
              "customer_not_found");
  }
  EXPECT_TRUE(banks_.north.sent.empty());
}

// Otherwise who only describes a payment often enough could keep it from being captured, or what
// was captured from being booked.
TEST_P(PayersTest, ChangesLeaveRoomForMoney) {
  const std::string id = authorized(100);
  PaymentEvent change;
  change.type = EventType::kUpdated;
  change.description = "again";
  change.at = clock_.now();
  const std::int64_t from = payment(id).events;
  const std::int64_t until = kMaxEventsOfPayment * 4 / 10;
  const auto made = process_->db->write(storage::Context::tenant(kAda), [&](auto& tx) {
    store::EventRow row;
    row.subject = id;
    row.at = change.at;
    row.type = name_of(change.type);
    row.body = to_json(change);
    for (row.no = from + 1; row.no < until; ++row.no) {
      if (auto done = store::insert_event(tx, row); !done.ok()) return done;
    }
    return base::ok_status();
  });
  ASSERT_TRUE(made.ok()) << made.error().detail;
  EXPECT_EQ(updated(id), "");
  EXPECT_EQ(updated(id), "too_many_changes");
  EXPECT_EQ(payment(id).events, until);
  EXPECT_EQ(capture(id).body, id + " succeeded 100/100/0");
  refund(id, 40);
  EXPECT_EQ(payment(id).refunded(), 40);
}

TEST_P(PayersTest, ACustomerIsNotChangedForEver) {
  const std::string ada = customer("Ada");
  const auto made = process_->db->write(storage::Context::tenant(kAda),
                                        [&](storage::Transaction& tx) -> base::Status {
                                          ASHLAR_ASSIGN(auto row, store::find_object(tx, ada));
                                          row->events = kMaxEvents;
                                          return store::put_object(tx, *row);
                                        });
  ASSERT_TRUE(made.ok());
  EXPECT_EQ(
      refusal([&](Done done) { payments().update_customer(asked(""), ada, {}, std::move(done)); }),
      "too_many_changes");
}

}  // namespace
}  // namespace ashlar::payments
