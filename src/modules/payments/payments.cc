#include "modules/payments/payments.h"

#include <chrono>
#include <utility>

#include "base/clock.h"
#include "modules/payments/ask_checks.h"
#include "modules/payments/flow.h"
#include "modules/payments/ids.h"
#include "modules/payments/payments_impl.h"
#include "modules/payments/plans.h"
#include "platform/observability/metrics.h"

namespace ashlar::payments {
namespace {

using base::Code;
using store::Renders;

PaymentEvent event(EventType type, std::string_view part = {}) {
  PaymentEvent made;
  made.type = type;
  made.part = part;
  return made;
}

base::Error conflict(const char* reason, std::string why) {
  return base::fail(Code::kConflict, reason, std::move(why));
}

// Validation stores nothing and needs no unit.
template <class T>
base::Status check_all(const Asked& asked, const T& wanted) {
  ASHLAR_TRY(check_ask(asked));
  return check_ask(wanted);
}

}  // namespace

Payments::Payments(const PaymentsOptions& options, storage::Database& db,
                   ledger::BookWriter& writer, events::Outbox& outbox, const Providers& providers,
                   const base::Clock& clock, base::Entropy& entropy, obs::Registry& metrics,
                   obs::Log& log)
    : impl_(new Impl{
          Desk{options, db, writer, outbox, providers, clock, entropy, log,
               metrics.make_counter("ashlar_payments_calls_total", "Calls sent to providers."),
               metrics.make_counter("ashlar_payments_unknown_total",
                                    "Calls whose outcome was not known when they ended."),
               metrics.make_counter("ashlar_payments_inquiries_total",
                                    "Times that a provider was asked what became of a call."),
               metrics.make_counter(
                   "ashlar_payments_resent_total",
                   "Calls sent again under their key, the provider not having seen it."),
               metrics.make_counter("ashlar_payments_replays_total",
                                    "Requests answered with the stored answer of their key."),
               metrics.make_counter("ashlar_payments_oddities_total",
                                    "What a provider said and cannot be; it changed nothing."),
               ChangeCounters(metrics)}}) {}

Payments::~Payments() = default;

void Payments::set_face(FaceKind kind, const Face& face) {
  impl_->desk.faces[static_cast<std::size_t>(kind)] = &face;
}

std::int64_t Payments::in_flight() const { return impl_->desk.in_flight.load(); }

void Payments::create(Asked asked, NewPayment wanted, Done done) {
  if (auto status = check_all(asked, wanted); !status.ok()) return done(status.error());
  // Times of creation are whole milliseconds, as ids have them: so both order alike.
  const base::Time now = impl_->desk.clock.now();
  const base::Time at = std::chrono::floor<base::Millis>(now);
  std::string id = new_id("pay_", now, impl_->desk.entropy);
  Flow::ask(
      impl_->desk, std::move(asked),
      [wanted = std::move(wanted), id = std::move(id), at](Change& change, Turn& turn) {
        return plan_create(change, turn, wanted, id, at);
      },
      std::move(done));
}

void Payments::confirm(Asked asked, std::string payment, Confirmation how, Done done) {
  if (auto status = check_all(asked, how); !status.ok()) return done(status.error());
  Flow::ask(
      impl_->desk, std::move(asked),
      [payment = std::move(payment), how = std::move(how)](Change& change,
                                                           Turn& turn) -> base::Status {
        ASHLAR_TRY(change.load(payment));
        return plan_confirm(change, turn, how);
      },
      std::move(done));
}

void Payments::capture(Asked asked, std::string payment, NewCapture wanted, Done done) {
  if (auto status = check_all(asked, wanted); !status.ok()) return done(status.error());
  Flow::ask(
      impl_->desk, std::move(asked),
      [payment = std::move(payment), wanted](Change& change, Turn& turn) -> base::Status {
        ASHLAR_TRY(change.load(payment));
        return plan_capture(change, turn, wanted);
      },
      std::move(done));
}

void Payments::cancel(Asked asked, std::string payment, std::string reason, Done done) {
  auto status = check_ask(asked);
  if (status.ok()) status = check_reason(reason);
  if (!status.ok()) return done(status.error());
  Flow::ask(
      impl_->desk, std::move(asked),
      [payment = std::move(payment), reason = std::move(reason)](Change& change,
                                                                 Turn& turn) -> base::Status {
        ASHLAR_TRY(change.load(payment));
        return plan_cancel(change, turn, reason);
      },
      std::move(done));
}

void Payments::update(Asked asked, std::string payment, PaymentChange change, Done done) {
  if (auto status = check_all(asked, change); !status.ok()) return done(status.error());
  Flow::ask(
      impl_->desk, std::move(asked),
      [payment = std::move(payment), wanted = std::move(change)](Change& changed,
                                                                 Turn&) -> base::Status {
        ASHLAR_TRY(changed.load(payment));
        return plan_update(changed, wanted);
      },
      std::move(done));
}

void Payments::update_charge(Asked asked, std::string charge, ChargeChange change, Done done) {
  if (auto status = check_all(asked, change); !status.ok()) return done(status.error());
  Flow::ask(
      impl_->desk, std::move(asked),
      [charge = std::move(charge), wanted = std::move(change)](Change& changed,
                                                               Turn& turn) -> base::Status {
        ASHLAR_TRY(changed.load_with(charge));
        const Attempt* attempt = changed.payment().attempt(charge);
        if (attempt == nullptr)
          return base::fail(Code::kNotFound, "charge_not_found", "There is no such charge.");
        PaymentEvent happened = event(EventType::kChargeUpdated, charge);
        happened.description = wanted.description;
        happened.receipt_email = wanted.receipt_email;
        if (wanted.metadata) {
          ASHLAR_ASSIGN(happened.metadata,
                        merged("/metadata", attempt->metadata, *wanted.metadata));
        }
        turn.renders = Renders::kCharge;
        turn.part = charge;
        return changed.add(std::move(happened));
      },
      std::move(done));
}

void Payments::refund(Asked asked, NewRefund wanted, Done done) {
  if (auto status = check_all(asked, wanted); !status.ok()) return done(status.error());
  Flow::ask(
      impl_->desk, std::move(asked),
      [wanted = std::move(wanted)](Change& change, Turn& turn) -> base::Status {
        if (wanted.payment.empty()) {
          ASHLAR_TRY(change.load_with(wanted.charge));
        } else {
          ASHLAR_TRY(change.load(wanted.payment));
        }
        return plan_refund(change, turn, wanted);
      },
      std::move(done));
}

void Payments::update_refund(Asked asked, std::string refund, Pairs metadata, Done done) {
  auto status = check_ask(asked);
  if (status.ok()) status = check_metadata("/metadata", metadata);
  if (!status.ok()) return done(status.error());
  Flow::ask(
      impl_->desk, std::move(asked),
      [refund = std::move(refund), metadata = std::move(metadata)](Change& change,
                                                                   Turn& turn) -> base::Status {
        ASHLAR_TRY(change.load_with(refund));
        const Refund* found = change.payment().refund(refund);
        if (found == nullptr)
          return base::fail(Code::kNotFound, "refund_not_found", "There is no such refund.");
        PaymentEvent happened = event(EventType::kRefundUpdated, refund);
        ASHLAR_ASSIGN(happened.metadata, merged("/metadata", found->metadata, metadata));
        turn.renders = Renders::kRefund;
        turn.part = refund;
        return change.add(std::move(happened));
      },
      std::move(done));
}

// No provider takes a refund back once it has it, and ours are with them from the first moment.
void Payments::cancel_refund(Asked asked, std::string refund, Done done) {
  if (auto status = check_ask(asked); !status.ok()) return done(status.error());
  Flow::ask(
      impl_->desk, std::move(asked),
      [refund = std::move(refund)](Change& change, Turn&) -> base::Status {
        ASHLAR_TRY(change.load_with(refund));
        const Refund* found = change.payment().refund(refund);
        if (found == nullptr)
          return base::fail(Code::kNotFound, "refund_not_found", "There is no such refund.");
        return conflict("refund_state", "The refund is " + std::string(name_of(found->state)) +
                                            "; the provider has it.");
      },
      std::move(done));
}

void Payments::update_dispute(Asked asked, std::string dispute, DisputeChange change, Done done) {
  if (auto status = check_all(asked, change); !status.ok()) return done(status.error());
  Flow::ask(
      impl_->desk, std::move(asked),
      [dispute = std::move(dispute), wanted = std::move(change)](Change& changed,
                                                                 Turn& turn) -> base::Status {
        ASHLAR_TRY(changed.load_with(dispute));
        if (changed.payment().dispute(dispute) == nullptr)
          return base::fail(Code::kNotFound, "dispute_not_found", "There is no such dispute.");
        return plan_dispute_change(changed, turn, dispute, wanted);
      },
      std::move(done));
}

void Payments::close_dispute(Asked asked, std::string dispute, Done done) {
  if (auto status = check_ask(asked); !status.ok()) return done(status.error());
  Flow::ask(
      impl_->desk, std::move(asked),
      [dispute = std::move(dispute)](Change& change, Turn& turn) -> base::Status {
        ASHLAR_TRY(change.load_with(dispute));
        if (change.payment().dispute(dispute) == nullptr)
          return base::fail(Code::kNotFound, "dispute_not_found", "There is no such dispute.");
        return plan_dispute_close(change, turn, dispute);
      },
      std::move(done));
}

}  // namespace ashlar::payments
