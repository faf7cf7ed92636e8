#include "modules/payments/flow.h"

#include <algorithm>
#include <utility>

#include "base/clock.h"
#include "base/failpoint.h"
#include "modules/payments/ids.h"
#include "modules/payments/providers/providers.h"
#include "platform/observability/log.h"
#include "platform/observability/metrics.h"
#include "platform/storage/database.h"

namespace ashlar::payments {
namespace {

using base::Code;
using base::Failpoint;
using store::Renders;

constexpr base::Seconds kLongestPause{300};
// Beside notices, should one be lost: after ten minutes, twenty, up to some two days.
constexpr base::Seconds kWaitingPause{600};
constexpr std::int64_t kMostDoublings = 8;
constexpr base::Millis kToAnswer{250};  // of a request's time, kept for what follows the call

base::Error call_lost() {
  return base::fail(Code::kInternal, "payment_call_damaged", "A provider call is not stored.");
}

bool is_open(CallState state) { return state != CallState::kResolved; }

}  // namespace

Flow::Flow(Desk& desk, Asked asked, Act act, Done done)
    : desk_(desk), asked_(std::move(asked)), act_(std::move(act)), done_(std::move(done)) {}

Flow::~Flow() {
  if (counted_) desk_.in_flight.fetch_sub(1);
}

base::Mono Flow::call_deadline() const {
  const base::Mono now = desk_.clock.mono();
  base::Mono deadline = now + desk_.options.provider_deadline;
  if (done_ && asked_.deadline > now + kToAnswer)
    deadline = std::min(deadline, asked_.deadline - kToAnswer);
  return deadline;
}

base::Time Flow::lease_end() const {
  return change_->now() + desk_.options.provider_deadline + desk_.options.lease;
}

std::optional<base::Time> Flow::ask_again_at(const store::AttemptRow& row, bool soon) const {
  if (row.call.state == CallState::kResolved) return std::nullopt;
  if (row.call.state == CallState::kWaiting && !soon)
    return change_->now() + kWaitingPause * (1 << std::min(row.call.asks, kMostDoublings));
  const base::Seconds pause{std::int64_t{1} << std::min<std::int64_t>(row.call.asks, 9)};
  return change_->now() + std::min(pause, kLongestPause);
}

// --- Beginning

void Flow::ask(Desk& desk, Asked asked, Act act, Done done) {
  std::make_shared<Flow>(desk, std::move(asked), std::move(act), std::move(done))->begin();
}

void Flow::begin() {
  base::failpoint(Failpoint::kBeforeClaim);
  std::optional<base::Mono> deadline;
  if (asked_.deadline != base::Mono{}) deadline = asked_.deadline;
  desk_.writer.submit(
      asked_.tenant,
      [self = shared_from_this()](ledger::Booking& booking) { return self->begin_unit(booking); },
      [self = shared_from_this()](base::Status committed) { self->go_on(committed); }, deadline);
}

base::Status Flow::begin_unit(ledger::Booking& booking) {
  next_ = Next::kNothing;
  answer_.reset();
  row_.reset();
  claim_.reset();
  change_ = std::make_unique<Change>(desk_, booking, asked_);
  if (asked_.key) {
    ASHLAR_ASSIGN(const auto found, claims::find(booking.tx(), asked_.mode, *asked_.key));
    if (found) return take_over(booking, *found);
    claim_ = claim_of(asked_, change_->now(), desk_.options.claim_life);
  }
  Turn turn;
  ASHLAR_TRY(act_(*change_, turn));
  ASHLAR_TRY(change_->write());
  if (!turn.call) return finish_at_once(turn);
  ASHLAR_TRY(keep_call(*turn.call, turn.renders));
  next_ = Next::kSend;
  if (!claim_) return base::ok_status();
  claim_->point = RecoveryPoint::kAttemptRecorded;
  claim_->attempt = row_->call.key;
  claim_->lease_until = lease_end();
  ASHLAR_TRY(claims::insert(booking.tx(), *claim_));
  base::failpoint(Failpoint::kAfterClaim);
  return base::ok_status();
}

base::Status Flow::finish_at_once(const Turn& turn) {
  answer_ = render(turn, false);
  if (!answer_->ok()) return answer_->error();
  next_ = Next::kReply;
  if (!claim_) return base::ok_status();
  claim_->point = RecoveryPoint::kFinished;
  claim_->answer = **answer_;
  ASHLAR_TRY(claims::insert(change_->tx(), *claim_));
  base::failpoint(Failpoint::kAfterClaim);
  return base::ok_status();
}

// The claim's answer; or, where whoever had it is gone, its work.
base::Status Flow::take_over(ledger::Booking& booking, const Claim& found) {
  ASHLAR_ASSIGN(const Found what, judge(found, asked_.fingerprint, change_->now()));
  if (what == Found::kAnswer) {
    desk_.replays.add();
    answer_ = found.answer;
    (*answer_)->replayed = true;
    next_ = Next::kReply;
    return base::ok_status();
  }
  ASHLAR_ASSIGN(row_, store::find_attempt(booking.tx(), found.attempt));
  if (!row_) return call_lost();
  ASHLAR_ASSIGN(plan_, plan_of(*row_, asked_.tenant));
  claim_ = found;
  claim_->epoch = found.epoch + 1;
  claim_->lease_until = lease_end();
  ASHLAR_ASSIGN(const bool renewed, claims::renew(booking.tx(), *claim_, found.epoch));
  if (!renewed) return call_lost();
  const store::AttemptRow seen = *row_;
  ++row_->call.asks;
  row_->ask_at = claim_->lease_until;
  next_ = Next::kQuery;
  return go_on_with_call(seen);
}

base::Status Flow::keep_call(const NewCall& call, Renders renders) {
  plan_ = call.plan;
  row_.emplace();
  row_->call.key = call_key(call.subject, call.op, call.number);
  row_->call.subject = call.subject;
  row_->call.part = call.part;
  row_->call.op = call.op;
  row_->call.provider = call.provider;
  row_->call.request = to_json(call.plan);
  row_->call.outcome = "{}";
  row_->call.sends = 1;
  row_->call.at = change_->now();
  row_->charge = call.charge;
  row_->renders = renders;
  if (asked_.key) {
    row_->claim_mode = asked_.mode;
    row_->claim_key = *asked_.key;
  }
  row_->ask_at = lease_end();
  plan_.call.op = call.op;
  plan_.call.tenant = asked_.tenant;
  plan_.call.key = row_->call.key;
  plan_.call.begun_at = row_->call.at;
  return store::insert_attempt(change_->tx(), *row_);
}

// --- After a commit

void Flow::go_on(const base::Status& committed) {
  if (!committed.ok()) {
    if (done_) std::exchange(done_, nullptr)(committed.error());
    return;
  }
  if (change_) change_->committed();
  seen_ = row_;
  seen_plan_ = plan_;
  switch (next_) {
    case Next::kReply:
      base::failpoint(Failpoint::kAfterCommit);
      return reply();
    case Next::kSend:
      base::failpoint(Failpoint::kAfterAttempt);
      return send();
    case Next::kQuery:
      return query();
    case Next::kNothing:
      if (done_) reply();
      return;
  }
}

void Flow::go_on_booked(const base::Status& committed) {
  if (committed.ok()) return go_on(committed);
  desk_.log.warn("what a provider answered could not be booked; it will be asked again",
                 {{"call", std::string_view(seen_->call.key)},
                  {"reason", committed.error().reason},
                  {"detail", std::string_view(committed.error().detail)}});
  go_on(not_booked(committed.error()));
}

void Flow::reply() {
  if (!done_) return;
  Done done = std::exchange(done_, nullptr);
  if (!answer_) return done(call_lost());
  done(std::move(*answer_));
}

// --- The provider

void Flow::send() {
  Provider* provider = desk_.providers.find(row_->call.provider);
  // What was stored to be asked of somebody who is not there: the resolver finds it when he is.
  if (provider == nullptr) {
    ProviderAnswer answer;
    answer.end = row_->call.sends > 1 ? ProviderEnd::kUnknown : ProviderEnd::kNotDone;
    answer.message = "This provider is not configured.";
    return resolve(std::move(answer));
  }
  if (!counted_) desk_.in_flight.fetch_add(1);
  counted_ = true;
  desk_.calls.add();
  ProviderCall call = plan_.call;
  call.deadline = call_deadline();
  provider->submit(std::move(call), [self = shared_from_this()](ProviderAnswer answer) {
    base::failpoint(Failpoint::kAfterAnswer);
    self->of_a_sending_ = true;
    self->resolve(std::move(answer));
  });
  base::failpoint(Failpoint::kAfterSend);
}

void Flow::query() {
  Provider* provider = desk_.providers.find(row_->call.provider);
  if (provider == nullptr) return resolve(ProviderAnswer{});
  if (!counted_) desk_.in_flight.fetch_add(1);
  counted_ = true;
  desk_.inquiries.add();
  ProviderCall call = plan_.call;
  call.deadline = call_deadline();
  provider->query(std::move(call), [self = shared_from_this()](ProviderAnswer answer) {
    base::failpoint(Failpoint::kResolverRace);
    self->on_query(std::move(answer));
  });
}

// A provider that has not seen the key may be given it again while it would know it if it had;
// later nothing can be on its way any more, and what it has not seen was not done.
void Flow::on_query(ProviderAnswer answer) {
  const Provider* provider = desk_.providers.find(row_->call.provider);
  const bool again = answer.end == ProviderEnd::kNotDone && provider != nullptr &&
                     row_->call.state != CallState::kWaiting &&
                     desk_.clock.now() < row_->call.at + provider->remembers() / 2;
  if (again) return send_again();
  of_a_sending_ = false;
  // Nobody waits any more: another provider is not tried on his behalf.
  if (!done_) seen_plan_.others.clear();
  resolve(std::move(answer));
}

void Flow::send_again() {
  desk_.resent.add();
  desk_.writer.submit(
      asked_.tenant,
      [self = shared_from_this()](ledger::Booking& booking) -> base::Status {
        self->next_ = Next::kNothing;
        self->change_ = std::make_unique<Change>(self->desk_, booking, self->asked_);
        ASHLAR_ASSIGN(auto row, store::find_attempt(booking.tx(), self->row_->call.key));
        if (!row) return call_lost();
        if (!is_open(row->call.state)) return self->look_and_resolve(booking, ProviderAnswer{});
        const store::AttemptRow seen = *row;
        ++row->call.sends;
        row->ask_at = self->lease_end();
        self->row_ = std::move(row);
        self->next_ = Next::kSend;
        return self->go_on_with_call(seen);
      },
      [self = shared_from_this()](base::Status committed) { self->go_on_booked(committed); });
}

// --- Asking about what is open

void Flow::inquire(Desk& desk, base::TenantId tenant, std::string call) {
  Asked nobody;
  nobody.tenant = tenant;
  nobody.principal = "resolver";
  std::make_shared<Flow>(desk, std::move(nobody), nullptr, nullptr)
      ->inquire_unit_then_query(std::move(call));
}

void Flow::inquire_unit_then_query(std::string call) {
  desk_.writer.submit(
      asked_.tenant,
      [self = shared_from_this(), call = std::move(call)](ledger::Booking& booking) {
        return self->due_unit(booking, call);
      },
      [self = shared_from_this()](base::Status committed) { self->go_on(committed); });
}

base::Status Flow::due_unit(ledger::Booking& booking, const std::string& call) {
  next_ = Next::kNothing;
  claim_.reset();
  change_ = std::make_unique<Change>(desk_, booking, asked_);
  ASHLAR_ASSIGN(row_, store::find_attempt(booking.tx(), call));
  if (!row_) return call_lost();
  if (!row_->ask_at || *row_->ask_at > change_->now()) return base::ok_status();
  ASHLAR_ASSIGN(plan_, plan_of(*row_, asked_.tenant));
  if (!row_->claim_key.empty()) {
    ASHLAR_ASSIGN(claim_, claims::find(booking.tx(), row_->claim_mode, row_->claim_key));
    const bool waits = claim_ && claim_->attempt == call;
    if (!waits || claim_->point == RecoveryPoint::kFinished) claim_.reset();
  }
  const store::AttemptRow seen = *row_;
  row_->ask_at = lease_end();
  if (claim_) {
    // Whoever has the lease brings the outcome, or loses it.
    if (claim_->lease_until > change_->now()) {
      row_->ask_at = claim_->lease_until;
      return go_on_with_call(seen);
    }
    // What happens now happens on behalf of that request.
    asked_ = asked_of(*claim_, asked_.tenant);
    const std::int64_t from = claim_->epoch++;
    claim_->lease_until = lease_end();
    ASHLAR_ASSIGN(const bool renewed, claims::renew(booking.tx(), *claim_, from));
    if (!renewed) return call_lost();
  }
  ++row_->call.asks;
  next_ = Next::kQuery;
  return go_on_with_call(seen);
}

base::Status Flow::go_on_with_call(const store::AttemptRow& seen) {
  ASHLAR_ASSIGN(const bool ours, store::update_attempt(change_->tx(), *row_, seen));
  return ours ? base::ok_status() : base::Status(call_lost());
}

// --- The outcome

void Flow::resolve(ProviderAnswer answer) {
  desk_.writer.submit(
      asked_.tenant,
      [self = shared_from_this(), answer = std::move(answer)](ledger::Booking& booking) {
        return self->resolve_unit(booking, answer);
      },
      [self = shared_from_this()](base::Status committed) { self->go_on_booked(committed); });
}

// Mostly nobody else has touched the call since: then its row need not be read, and neither its
// claim, whose epoch has not moved as long as nobody has asked about the call.
base::Status Flow::resolve_unit(ledger::Booking& booking, const ProviderAnswer& answer) {
  next_ = Next::kNothing;
  answer_.reset();
  row_ = seen_;
  plan_ = seen_plan_;
  change_ = std::make_unique<Change>(desk_, booking, asked_);
  ASHLAR_ASSIGN(const bool ended, end_unit(answer, claim_.has_value()));
  return ended ? base::ok_status() : look_and_resolve(booking, answer);
}

base::Status Flow::look_and_resolve(ledger::Booking& booking, const ProviderAnswer& answer) {
  next_ = Next::kNothing;
  answer_.reset();
  change_ = std::make_unique<Change>(desk_, booking, asked_);
  ASHLAR_ASSIGN(auto row, store::find_attempt(booking.tx(), seen_->call.key));
  if (!row) return call_lost();
  row_ = std::move(row);
  plan_ = seen_plan_;
  bool claimed = false;
  if (claim_) {
    ASHLAR_ASSIGN(auto found, claims::find(booking.tx(), claim_->mode, claim_->key));
    if (found && found->point == RecoveryPoint::kFinished) {
      answer_ = found->answer;
      if (!is_open(row_->call.state)) {
        next_ = Next::kReply;
        return base::ok_status();
      }
    } else if (found && (found->epoch != claim_->epoch || found->attempt != claim_->attempt)) {
      // Another has the lease, or the key was let go and is another request's now: what we know,
      // he will be told.
      answer_ = base::fail(Code::kConflict, "idempotency_key_in_use",
                           "Another process has taken this request over; ask again.");
      next_ = Next::kReply;
      return base::ok_status();
    }
    claimed = found && found->point != RecoveryPoint::kFinished;
  }
  if (!is_open(row_->call.state)) return already_resolved(claimed);
  ASHLAR_ASSIGN(const bool ended, end_unit(answer, claimed));
  return ended ? base::ok_status() : base::Status(call_lost());
}

// Somebody else brought the outcome: it is what this request is answered with.
base::Status Flow::already_resolved(bool claimed) {
  if (row_->call.subject.starts_with("pay_")) ASHLAR_TRY(change_->load(row_->call.subject));
  if (!answer_) answer_ = render_call(false);
  if (!answer_->ok()) return answer_->error();
  next_ = Next::kReply;
  if (!claimed) return base::ok_status();
  claim_->answer = **answer_;
  ASHLAR_ASSIGN(const bool finished, claims::finish(change_->tx(), *claim_));
  return finished ? base::ok_status() : base::Status(call_lost());
}

base::Result<bool> Flow::end_unit(ProviderAnswer answer, bool claimed) {
  // Of a call that was sent twice, "not done" speaks of one sending alone (the simulation's seed
  // 210516): it is asked about.
  if (of_a_sending_ && answer.end == ProviderEnd::kNotDone && row_->call.sends > 1)
    answer.end = ProviderEnd::kUnknown;
  if (row_->call.subject.starts_with("pay_")) ASHLAR_TRY(change_->load(row_->call.subject));
  ASHLAR_ASSIGN(Ending ending, end_call(*change_, *row_, plan_, answer));
  const store::AttemptRow seen = *row_;
  // A notice may have come before the answer, or have been why it was asked about in vain.
  const bool soon = answer.end == ProviderEnd::kUnknown || row_->call.state != CallState::kWaiting;
  row_->call.state = ending.state;
  if (!answer.reference.empty()) row_->call.reference = answer.reference;
  row_->call.outcome = outcome_json(answer);
  row_->ask_at = ask_again_at(*row_, soon);
  if (ending.state == CallState::kResolved) row_->call.resolved_at = change_->now();
  ASHLAR_ASSIGN(const bool ours, store::update_attempt(change_->tx(), *row_, seen));
  if (!ours) return false;
  ASHLAR_TRY(change_->write());
  if (ending.next) {
    ASHLAR_TRY(go_to_next(*ending.next, claimed));
  } else {
    ASHLAR_TRY(answer_and_finish(ending, claimed));
  }
  return true;
}

base::Status Flow::go_to_next(const NewCall& next, bool claimed) {
  ASHLAR_TRY(keep_call(next, row_->renders));
  next_ = Next::kSend;
  if (!claimed) return base::ok_status();
  claim_->attempt = row_->call.key;
  claim_->lease_until = lease_end();
  ASHLAR_ASSIGN(const bool renewed, claims::renew(change_->tx(), *claim_, claim_->epoch));
  return renewed ? base::ok_status() : base::Status(call_lost());
}

base::Status Flow::answer_and_finish(const Ending& ending, bool claimed) {
  next_ = Next::kReply;
  if (ending.error) {
    answer_ = *ending.error;
    if (!claimed) return base::ok_status();
    ASHLAR_ASSIGN(const bool released, claims::release(change_->tx(), *claim_));
    return released ? base::ok_status() : base::Status(call_lost());
  }
  if (!claimed && !done_) return base::ok_status();
  if (!answer_) answer_ = render_call(ending.pending);
  if (!answer_->ok()) return answer_->error();
  if (!claimed) return base::ok_status();
  claim_->answer = **answer_;
  ASHLAR_ASSIGN(const bool finished, claims::finish(change_->tx(), *claim_));
  return finished ? base::ok_status() : base::Status(call_lost());
}

base::Result<Answered> Flow::render_call(bool pending) {
  Turn turn;
  turn.renders = row_->renders;
  turn.part = row_->call.part;
  turn.created = turn.renders == Renders::kNewPayment || turn.renders == Renders::kRefund ||
                 turn.renders == Renders::kPayout;
  return render(turn, pending);
}

base::Result<Answered> Flow::render(const Turn& turn, bool pending) {
  // A claim says who asked; nobody else does once that process is gone.
  const Asked asked = claim_ ? asked_of(*claim_, asked_.tenant) : asked_;
  const Face* face = desk_.faces[static_cast<std::size_t>(asked.face)];
  if (face == nullptr) return Answered{};
  const Payment& payment = change_->payment();
  Rendered what;
  what.pending = pending;
  what.deleted = turn.deleted;
  what.created = turn.created;
  what.customer = change_->put_customer();
  what.method = change_->put_method();
  what.payout = change_->put_payout();
  std::optional<Payout> stored;
  if (turn.renders == Renders::kPayout && what.payout == nullptr) {
    ASHLAR_ASSIGN(auto found, change_->payout(turn.part));
    stored = std::move(found.first);
    what.payout = &*stored;
  }
  if (!payment.id.empty()) what.payment = &payment;
  if (turn.renders == Renders::kCharge) what.charge = payment.attempt(turn.part);
  if (turn.renders == Renders::kRefund) what.refund = payment.refund(turn.part);
  if (turn.renders == Renders::kDispute) what.dispute = payment.dispute(turn.part);
  const bool of_payment = turn.renders == Renders::kPayment || turn.renders == Renders::kNewPayment;
  const Attempt* attempt = of_payment ? payment.attempt(turn.part) : nullptr;
  if (attempt != nullptr && attempt->state == AttemptState::kDeclined) what.declined = attempt;
  Reads reads(change_->tx());
  return face->render(asked, what, reads);
}

}  // namespace ashlar::payments
