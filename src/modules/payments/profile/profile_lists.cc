// What can be looked at, in pages.
#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include "base/check.h"
#include "modules/payments/ids.h"
#include "modules/payments/profile/list_pages.h"
#include "modules/payments/profile/objects.h"
#include "modules/payments/profile/profile_api.h"
#include "modules/payments/profile/profile_ask.h"
#include "modules/payments/profile/profile_event.h"
#include "modules/payments/reads.h"
#include "platform/json/writer.h"

namespace ashlar::payments::profile {
namespace {

using http::Call;
using http::Response;
using enum ObjectKind;

Scene scene_of(const Call& call, Reads& reads) { return {&reads, call.principal.mode != "test"}; }

// Of charges, refunds and disputes, by what they belong to.
PartFilter part_filter_in(Params& params) {
  PartFilter filter;
  filter.charge = params.text("charge").value_or("");
  filter.payment = payment_id(params.text("payment_intent").value_or(""));
  return filter;
}

std::string part_id_of(const PartOf& row) { return row.part; }

// Payments that entries of one page belong to, each read once.
class PaymentsOfPage {
 public:
  explicit PaymentsOfPage(Reads& reads) : reads_(reads) {}
  base::Result<const Payment*> find(const std::string& id) {
    // A payout's entry names the payout.
    if (!id.starts_with("pay_")) return static_cast<const Payment*>(nullptr);
    const auto known = payments_.find(id);
    if (known != payments_.end()) return &known->second;
    ASHLAR_ASSIGN(Payment payment, reads_.payment(id));
    return static_cast<const Payment*>(&payments_.emplace(id, std::move(payment)).first->second);
  }

 private:
  Reads& reads_;
  std::map<std::string, Payment> payments_;
};

struct EntryWish {
  EntryFilter filter;
  bool adjustments = false;  // disputes and what came back of them
  std::string charge;        // whose captures
};

EntryWish entries_in(Params& params) {
  EntryWish wish;
  const std::string type = params
                               .choice("type", {"charge", "refund", "refund_failure", "adjustment",
                                                "payout", "payout_failure"})
                               .value_or("");
  if (type == "charge") wish.filter.kind = EntryKind::kCapture;
  if (type == "refund") wish.filter.kind = EntryKind::kRefund;
  if (type == "refund_failure") wish.filter.kind = EntryKind::kRefundFailed;
  if (type == "payout") wish.filter.kind = EntryKind::kPayout;
  if (type == "payout_failure") wish.filter.kind = EntryKind::kPayoutFailed;
  wish.adjustments = type == "adjustment";
  wish.filter.currency = params.text("currency").value_or("");
  const std::string source = params.text("source").value_or("");
  if (source.starts_with("ch_")) {
    wish.charge = source;
    wish.filter.payment = payment_of(source).value_or(source);
    if (!wish.filter.kind) wish.filter.kind = EntryKind::kCapture;
  } else {
    wish.filter.source = source;
  }
  return wish;
}

template <class T>
base::Result<Response> answer_list(
    const ProfileApi& api, const Call& call, const ProfileAsk& ask,
    const std::function<base::Result<Listed<T>>(Reads&)>& fetch,
    const std::function<base::Status(json::Writer&, const T&, const Scene&)>& write) {
  std::string body;
  base::Status done = api.read(call, [&](Reads& reads) -> base::Status {
    ASHLAR_ASSIGN(const Listed<T> page, fetch(reads));
    ASHLAR_ASSIGN(body,
                  list_text(call.head->path, page.has_more, [&](json::Writer& out) -> base::Status {
                    for (const T& row : page.rows) {
                      ASHLAR_TRY(write(out, row, scene_of(call, reads)));
                    }
                    return base::ok_status();
                  }));
    return base::ok_status();
  });
  if (!done.ok()) return ask.told(std::move(done).error());
  return answer_json(call, std::move(body));
}

}  // namespace

base::Result<Response> ProfileApi::list_intents(Call& call) const {
  ASHLAR_ASSIGN(ProfileAsk ask, ProfileAsk::of(call, kPaymentIntent, true));
  Window window = window_in(ask.params(), true);
  window.starting_after = payment_id(window.starting_after);
  window.ending_before = payment_id(window.ending_before);
  PaymentFilter filter;
  filter.customer = ask.params().text("customer").value_or("");
  ASHLAR_TRY(ask.finish());
  return answer_list<Payment>(
      *this, call, ask, [&](Reads& reads) { return reads.payments(window, filter); },
      [&](json::Writer& out, const Payment& one, const Scene& scene) {
        return write_payment_intent(out, one, scene, ask.expand());
      });
}

base::Result<Response> ProfileApi::list_charges(Call& call) const {
  ASHLAR_ASSIGN(ProfileAsk ask, ProfileAsk::of(call, kCharge, true));
  const Window window = window_in(ask.params(), true);
  PartFilter filter;
  filter.payment = payment_id(ask.params().text("payment_intent").value_or(""));
  const std::string customer = ask.params().text("customer").value_or("");
  ASHLAR_TRY(ask.finish());
  return answer_list<PartOf>(
      *this, call, ask,
      [&](Reads& reads) -> base::Result<Listed<PartOf>> {
        if (customer.empty()) return reads.charges(window, filter);
        return sift<PartOf>(
            window, [&](const Window& some) { return reads.charges(some, filter); },
            [&](const PartOf& row) { return row.payment.customer == customer; }, part_id_of);
      },
      [&](json::Writer& out, const PartOf& row, const Scene& scene) -> base::Status {
        const Attempt* charge = row.payment.attempt(row.part);
        CHECK(charge != nullptr);
        return write_charge(out, row.payment, *charge, scene, ask.expand());
      });
}

base::Result<Response> ProfileApi::list_refunds(Call& call) const {
  ASHLAR_ASSIGN(ProfileAsk ask, ProfileAsk::of(call, kRefund, true));
  const Window window = window_in(ask.params(), true);
  const PartFilter filter = part_filter_in(ask.params());
  ASHLAR_TRY(ask.finish());
  return answer_list<PartOf>(
      *this, call, ask, [&](Reads& reads) { return reads.refunds(window, filter); },
      [&](json::Writer& out, const PartOf& row, const Scene& scene) -> base::Status {
        const Refund* refund = row.payment.refund(row.part);
        CHECK(refund != nullptr);
        return write_refund(out, row.payment, *refund, scene, ask.expand());
      });
}

base::Result<Response> ProfileApi::list_disputes(Call& call) const {
  ASHLAR_ASSIGN(ProfileAsk ask, ProfileAsk::of(call, kDispute, true));
  const Window window = window_in(ask.params(), true);
  const PartFilter filter = part_filter_in(ask.params());
  ASHLAR_TRY(ask.finish());
  return answer_list<PartOf>(
      *this, call, ask, [&](Reads& reads) { return reads.disputes(window, filter); },
      [&](json::Writer& out, const PartOf& row, const Scene& scene) -> base::Status {
        const Dispute* dispute = row.payment.dispute(row.part);
        CHECK(dispute != nullptr);
        return write_dispute(out, row.payment, *dispute, scene, ask.expand());
      });
}

base::Result<Response> ProfileApi::list_customers(Call& call) const {
  ASHLAR_ASSIGN(ProfileAsk ask, ProfileAsk::of(call, kCustomer, true));
  const Window window = window_in(ask.params(), true);
  const std::string email = ask.params().text("email").value_or("");
  ASHLAR_TRY(ask.finish());
  return answer_list<Customer>(
      *this, call, ask,
      [&](Reads& reads) {
        return sift<Customer>(
            window, [&](const Window& some) { return reads.customers(some, email); },
            [](const Customer& one) { return !one.deleted; },
            [](const Customer& one) { return one.id; });
      },
      [&](json::Writer& out, const Customer& one, const Scene& scene) {
        return write_customer(out, one, scene, ask.expand());
      });
}

base::Result<Response> ProfileApi::list_methods(Call& call) const {
  ASHLAR_ASSIGN(ProfileAsk ask, ProfileAsk::of(call, kPaymentMethod, true));
  const Window window = window_in(ask.params(), false);
  const bool of_customer = !call.path_params.empty();
  const std::string customer =
      of_customer ? call.param(0) : ask.params().text("customer").value_or("");
  ask.params().choice("type", {"card"});
  if (of_customer) ask.about(kCustomer, customer);
  ASHLAR_TRY(ask.finish());
  return answer_list<Method>(
      *this, call, ask,
      [&](Reads& reads) -> base::Result<Listed<Method>> {
        if (of_customer) ASHLAR_TRY(reads.customer(customer));
        return reads.methods(window, customer);
      },
      [&](json::Writer& out, const Method& one, const Scene& scene) {
        return write_payment_method(out, one, scene, ask.expand());
      });
}

base::Result<Response> ProfileApi::list_entries(Call& call) const {
  ASHLAR_ASSIGN(ProfileAsk ask, ProfileAsk::of(call, kBalanceTransaction, true));
  const Window window = window_in(ask.params(), true);
  const EntryWish wish = entries_in(ask.params());
  ASHLAR_TRY(ask.finish());
  struct Row {
    Entry entry;
    std::optional<Payment> payment;
  };
  return answer_list<Row>(
      *this, call, ask,
      [&](Reads& reads) -> base::Result<Listed<Row>> {
        PaymentsOfPage payments(reads);
        base::Status failed;
        const auto is_of_charge = [&](const Entry& entry) {
          const auto payment = payments.find(entry.payment);
          if (!payment.ok()) failed = payment.error();
          if (!payment.ok() || *payment == nullptr) return false;
          const CapturePart* capture = (*payment)->capture_part(entry.source);
          return capture != nullptr && capture->attempt == wish.charge;
        };
        ASHLAR_ASSIGN(
            const Listed<Entry> page,
            sift<Entry>(
                window, [&](const Window& some) { return reads.entries(some, wish.filter); },
                [&](const Entry& entry) {
                  const bool adjusts =
                      entry.kind == EntryKind::kDispute || entry.kind == EntryKind::kDisputeWon;
                  return (!wish.adjustments || adjusts) &&
                         (wish.charge.empty() || is_of_charge(entry));
                },
                [](const Entry& entry) { return entry.id; }));
        ASHLAR_TRY(failed);
        Listed<Row> rows{{}, page.has_more};
        for (const Entry& entry : page.rows) {
          ASHLAR_ASSIGN(const Payment* payment, payments.find(entry.payment));
          rows.rows.push_back({entry, payment == nullptr ? std::nullopt : std::optional(*payment)});
        }
        return rows;
      },
      [&](json::Writer& out, const Row& row, const Scene& scene) {
        return write_balance_transaction(out, row.entry, row.payment ? &*row.payment : nullptr,
                                         scene, ask.expand());
      });
}

}  // namespace ashlar::payments::profile
