// What Payments does without being asked: notices, and rounds of house-keeping.
#include <map>
#include <utility>

#include "base/clock.h"
#include "modules/payments/calls_store.h"
#include "modules/payments/claims.h"
#include "modules/payments/entries_store.h"
#include "modules/payments/flow.h"
#include "modules/payments/ids.h"
#include "modules/payments/notices.h"
#include "modules/payments/payments.h"
#include "modules/payments/payments_impl.h"
#include "platform/observability/log.h"
#include "platform/storage/database.h"

namespace ashlar::payments {
namespace {

using base::Code;

constexpr std::int64_t kRound = 200;            // calls, authorisations, disputes
constexpr std::int64_t kSettledAtOnce = 1'000;  // entries in a unit
constexpr std::int64_t kReapedAtOnce = 1'000;
constexpr int kReapBatches = 100;
constexpr base::Seconds kRetryExpiry{3600};

storage::Context sweeping() { return storage::Context::platform(storage::PlatformUse::kPayments); }

Asked nobody(base::TenantId tenant, const char* who) {
  Asked asked;
  asked.tenant = tenant;
  asked.principal = who;
  return asked;
}

// One unit of our own: nobody waits; what goes wrong is tried again by the next round.
void submit(Desk& desk, base::TenantId tenant, const char* who,
            std::function<base::Status(Change&)> act) {
  struct Work {
    Asked asked;
    std::unique_ptr<Change> change;
  };
  auto work = std::make_shared<Work>();
  work->asked = nobody(tenant, who);
  desk.writer.submit(
      tenant,
      [&desk, work, act = std::move(act)](ledger::Booking& booking) -> base::Status {
        work->change = std::make_unique<Change>(desk, booking, work->asked);
        ASHLAR_TRY(act(*work->change));
        return work->change->write();
      },
      [&desk, work, who](const base::Status& done) {
        if (done.ok()) {
          if (work->change) work->change->committed();
          return;
        }
        const base::Code code = done.error().code;
        if (code == Code::kUnavailable || code == Code::kDeadline) return;
        desk.log.error("a round of payments' house-keeping failed",
                       {{"what", who}, {"why", std::string_view(done.error().detail)}});
      });
}

// Captures whose day has come: one journal for each currency.
base::Status settle_some(Change& change) {
  ASHLAR_ASSIGN(const auto due, store::due_entries(change.tx(), change.now(), kSettledAtOnce));
  struct Sum {
    std::string first;
    Money net = 0;
  };
  std::map<std::string, Sum> sums;
  for (const Entry& entry : due) {
    Sum& sum = sums[entry.currency];
    if (sum.first.empty()) sum.first = entry.id;
    sum.net += entry.net();
  }
  for (const auto& [currency, sum] : sums)
    post_settlement(change.postings(), sum.first, currency, sum.net);
  // The book is asked first: it may refuse.
  ASHLAR_TRY(change.write_money());
  for (const Entry& entry : due) ASHLAR_TRY(store::settle_entry(change.tx(), entry.id));
  return base::ok_status();
}

base::Status expire_dispute(Change& change, const std::string& id) {
  ASHLAR_TRY(change.load_with(id));
  const Dispute* dispute = change.payment().dispute(id);
  const bool due = dispute != nullptr && dispute->state == DisputeState::kNeedsResponse &&
                   dispute->due_by && *dispute->due_by <= change.now();
  if (!due) return base::ok_status();
  return lose_dispute(change, *dispute, true);
}

// An authorisation whose time is over is given up with the provider too, so that nobody's money
// stays held.
base::Status expire_payment(Change& change, Turn& turn, const std::string& id) {
  turn.renders = store::Renders::kNothing;
  ASHLAR_TRY(change.load(id));
  const Payment& payment = change.payment();
  const Attempt* attempt = payment.latest_attempt();
  const bool due = payment.state == PaymentState::kCapturable &&
                   payment.in_flight == InFlight::kNothing && attempt->expires_at &&
                   *attempt->expires_at <= change.now();
  // Where the provider could not be reached, it is tried again an hour later.
  const bool tried = due && payment.changed_at >= *attempt->expires_at &&
                     payment.changed_at + kRetryExpiry > change.now();
  if (!due || tried) return base::fail(Code::kConflict, "payment_state", "It is not due.");
  NewCall call;
  call.op = ProviderOp::kCancel;
  call.subject = id;
  call.number = payment.events + 1;
  call.part = call.charge = attempt->id;
  call.provider = attempt->provider;
  call.plan.call.op = ProviderOp::kCancel;
  call.plan.call.reference = attempt->reference;
  call.plan.call.currency = payment.currency;
  call.plan.expiring = true;
  call.plan.reason = "expired";
  PaymentEvent begun;
  begun.type = EventType::kCanceling;
  begun.reason = "expired";
  turn.call = std::move(call);
  return change.add(std::move(begun));
}

// Some at a time, until there are no more.
template <class Reap>
base::Status reap_all(Desk& desk, const Reap& reap) {
  for (int i = 0; i < kReapBatches; ++i) {
    ASHLAR_ASSIGN(const std::int64_t removed, desk.db.write(sweeping(), reap));
    if (removed < kReapedAtOnce) break;
  }
  return base::ok_status();
}

}  // namespace

void Payments::notice(std::string provider, ProviderNotice notice,
                      std::function<void(base::Status)> done) {
  Desk& desk = impl_->desk;
  if (!notice.tenant.is_set()) {
    for (const std::string& reference : {notice.reference, notice.about}) {
      if (reference.empty() || notice.tenant.is_set()) continue;
      const auto tenant = desk.db.read(sweeping(), [&](storage::Transaction& tx) {
        return store::tenant_of_reference(tx, provider, reference);
      });
      if (!tenant.ok()) return done(tenant.error());
      notice.tenant = tenant->value_or(base::TenantId());
    }
  }
  if (!notice.tenant.is_set()) {
    return done(base::fail(Code::kConflict, "notice_too_early",
                           "This is about something that is not known here yet; tell it again."));
  }
  struct Work {
    std::string provider;
    ProviderNotice notice;
    Asked asked;
    std::unique_ptr<Change> change;
    std::optional<std::string> ask;
    std::function<void(base::Status)> done;
  };
  auto work = std::make_shared<Work>();
  work->asked = nobody(notice.tenant, "provider");
  work->provider = std::move(provider);
  work->notice = std::move(notice);
  work->done = std::move(done);
  desk.writer.submit(
      work->asked.tenant,
      [&desk, work](ledger::Booking& booking) {
        work->change = std::make_unique<Change>(desk, booking, work->asked);
        return take_notice(*work->change, work->provider, work->notice, work->ask);
      },
      [&desk, work](const base::Status& committed) {
        if (committed.ok()) {
          work->change->committed();
          if (work->ask) Flow::inquire(desk, work->asked.tenant, *work->ask);
        }
        work->done(committed);
      });
}

base::Status Payments::resolve() {
  Desk& desk = impl_->desk;
  ASHLAR_ASSIGN(const auto due, desk.db.read(sweeping(), [&](storage::Transaction& tx) {
    return store::due_calls(tx, desk.clock.now(), kRound);
  }));
  for (const store::DueCall& call : due) Flow::inquire(desk, call.tenant, call.key);
  return base::ok_status();
}

base::Status Payments::settle() {
  Desk& desk = impl_->desk;
  struct DueWork {
    std::vector<base::TenantId> tenants;
    std::vector<store::Due> expired, overdue;
  };
  const base::Time now = desk.clock.now();
  ASHLAR_ASSIGN(const DueWork found,
                desk.db.read(sweeping(), [&](storage::Transaction& tx) -> base::Result<DueWork> {
                  DueWork all;
                  ASHLAR_ASSIGN(all.tenants, store::tenants_to_settle(tx, now, kRound));
                  ASHLAR_ASSIGN(all.expired, store::expired_authorizations(tx, now, kRound));
                  ASHLAR_ASSIGN(all.overdue, store::overdue_disputes(tx, now, kRound));
                  return all;
                }));
  for (const base::TenantId tenant : found.tenants) submit(desk, tenant, "settle", settle_some);
  for (const store::Due& due : found.overdue) {
    submit(desk, due.tenant, "dispute deadline",
           [id = due.id](Change& change) { return expire_dispute(change, id); });
  }
  for (const store::Due& due : found.expired) {
    Flow::ask(
        desk, nobody(due.tenant, "expiry"),
        [id = due.id](Change& change, Turn& turn) { return expire_payment(change, turn, id); },
        [](const base::Result<Answered>&) {});
  }
  return base::ok_status();
}

base::Status Payments::reap() {
  Desk& desk = impl_->desk;
  const base::Time now = desk.clock.now();
  ASHLAR_TRY(reap_all(
      desk, [now](storage::Transaction& tx) { return claims::reap(tx, now, kReapedAtOnce); }));
  const base::Time until = now - desk.options.notice_life;
  return reap_all(desk, [until](storage::Transaction& tx) {
    return store::reap_notices(tx, until, kReapedAtOnce);
  });
}

base::Status Payments::recover() {
  Desk& desk = impl_->desk;
  return desk.db.write(sweeping(), [&](storage::Transaction& tx) -> base::Status {
    const base::Time now = desk.clock.now();
    ASHLAR_TRY(claims::end_leases(tx, now));
    ASHLAR_TRY(store::make_calls_due(tx, now));
    return base::ok_status();
  });
}

}  // namespace ashlar::payments
