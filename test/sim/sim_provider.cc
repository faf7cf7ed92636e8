#include "sim_provider.h"

#include <algorithm>
#include <iterator>

namespace ashlar::sim {

SimProvider::SimProvider(std::string name, std::uint64_t run, const base::ManualClock& clock,
                         base::Random& random, std::vector<std::string>& findings)
    : name_(std::move(name)),
      prefix_(name_ + std::to_string(run)),
      clock_(clock),
      random_(random),
      findings_(findings) {}

void SimProvider::submit(ProviderCall call, Done done) {
  ++submitted;
  Way way{std::move(call), std::move(done), Fate::kServed, false, clock_.mono(), {}};
  way.fate = fate();
  if (way.fate == Fate::kLate)
    way.arrives_at = clock_.now() + base::Millis{static_cast<std::int64_t>(random_.below(4'500))};
  ways_.push_back(std::move(way));
}

void SimProvider::query(ProviderCall call, Done done) {
  ways_.push_back({std::move(call), std::move(done), Fate::kQuery, false, clock_.mono(), {}});
}

void SimProvider::step(
    const std::function<void(const ProviderCall&, const ProviderAnswer&, bool query)>& heard) {
  arrive_late();
  if (ways_.empty()) return;
  const auto at = ways_.begin() + static_cast<std::ptrdiff_t>(random_.below(ways_.size()));
  // What has not arrived by now never does: so settles_after() holds.
  if (!at->arrived && at->fate != Fate::kQuery && at->fate != Fate::kLate &&
      clock_.mono() - at->since > base::Millis{4'500})
    at->fate = Fate::kCallLost;
  if (at->fate != Fate::kQuery && at->fate != Fate::kNotDone && at->fate != Fate::kCallLost &&
      at->fate != Fate::kLate && !at->arrived) {
    at->answer = arrive(at->call);
    at->arrived = true;
    if (random_.chance(0.5)) return;  // and its answer comes another time
  }
  Way way = std::move(*at);
  ways_.erase(at);
  ProviderAnswer answer;
  switch (way.fate) {
    case Fate::kServed:
      answer = way.answer;
      break;
    case Fate::kNotDone:
      answer.end = ProviderEnd::kNotDone;
      break;
    case Fate::kQuery:
      answer = asked(way.call);
      break;
    case Fate::kLate:
      late_.push_back(way);
      [[fallthrough]];
    case Fate::kCallLost:
    case Fate::kAnswerLost:
      answer.end = ProviderEnd::kUnknown;
      break;
  }
  heard(way.call, answer, way.fate == Fate::kQuery);
  way.done(std::move(answer));
}

void SimProvider::arrive_late() {
  for (auto at = late_.begin(); at != late_.end();) {
    if (at->arrives_at > clock_.now()) {
      ++at;
      continue;
    }
    (void)arrive(at->call);
    at = late_.erase(at);
  }
}

std::vector<SimProvider::Done> SimProvider::orphan() {
  std::vector<Done> listeners;
  std::deque<Way> kept;
  for (Way& way : ways_) {
    listeners.push_back(std::move(way.done));
    if (clock_.mono() - way.since > base::Millis{4'500}) continue;
    if (way.fate == Fate::kServed || way.fate == Fate::kAnswerLost) {
      if (!way.arrived && random_.chance(0.5)) continue;  // it had not left the dead process yet
      if (!way.arrived) (void)arrive(way.call);
    }
    if (way.fate == Fate::kLate) late_.push_back(way);
  }
  ways_ = std::move(kept);
  return listeners;
}

void SimProvider::open_dispute() {
  if (charges.empty()) return;
  auto at = charges.begin();
  std::advance(at, static_cast<std::ptrdiff_t>(random_.below(charges.size())));
  const SimCharge& charge = at->second;
  std::int64_t disputed = 0;
  for (const auto& [reference, dispute] : disputes) {
    if (dispute.charge == at->first && dispute.state != SimDispute::State::kWon)
      disputed += dispute.amount;
  }
  const std::int64_t left = charge.captured - charge.refunded - disputed;
  if (left <= 0 || pending_refunds(at->first) > 0) return;
  const std::string reference = prefix_ + "_dp_" + std::to_string(++numbers_);
  const SimDispute dispute{
      at->first,
      random_.chance(0.5)
          ? left
          : 1 + static_cast<std::int64_t>(random_.below(static_cast<std::uint64_t>(left))),
      kDisputeFee, SimDispute::State::kOpen};
  disputes[reference] = dispute;
  tell(NoticeKind::kDisputeOpened, {}, reference, at->first, dispute.amount, dispute.fee,
       charge.currency, "fraudulent");
}

void SimProvider::end_dispute() {
  for (auto& [reference, dispute] : disputes) {
    if (dispute.state != SimDispute::State::kOpen || random_.chance(0.5)) continue;
    const bool won = random_.chance(0.5);
    dispute.state = won ? SimDispute::State::kWon : SimDispute::State::kLost;
    tell(won ? NoticeKind::kDisputeWon : NoticeKind::kDisputeLost, {}, reference, dispute.charge,
         dispute.amount, won ? dispute.fee : 0, charges[dispute.charge].currency, "");
    return;
  }
}

void SimProvider::end_refund() {
  for (auto& [reference, refund] : refunds) {
    const bool pending = refund.state == SimRefund::State::kPending;
    if (!pending && (refund.state != SimRefund::State::kDone || !hits(rates.refund_fails_later)))
      continue;
    SimCharge& charge = charges[refund.charge];
    const bool fails = !pending || random_.chance(0.4);
    refund.state = fails ? SimRefund::State::kFailed : SimRefund::State::kDone;
    if (fails) charge.refunded -= refund.amount;
    const std::string key = key_of(reference);
    ProviderAnswer& answer = known[key];
    answer.end = fails ? ProviderEnd::kDeclined : ProviderEnd::kApplied;
    answer.decline_code = fails ? "expired_or_canceled_card" : "";
    tell(fails ? NoticeKind::kRefundFailed : NoticeKind::kRefunded, key, reference, refund.charge,
         refund.amount, 0, charge.currency, fails ? "expired_or_canceled_card" : "");
    return;
  }
}

void SimProvider::customer_answers() {
  for (auto& [reference, charge] : charges) {
    if (!charge.asking) continue;
    charge.asking = false;
    const std::string key = key_of(reference);
    ProviderAnswer& answer = known[key];
    if (random_.chance(0.6)) {
      answer.end = ProviderEnd::kApplied;
      authorize(charge, reference, answer);
      tell(NoticeKind::kAuthorized, key, reference, "", charge.authorized, 0, charge.currency, "");
    } else {
      charge.declined = true;
      answer.end = ProviderEnd::kDeclined;
      answer.decline_code = "authentication_failed";
      tell(NoticeKind::kDeclined, key, reference, "", 0, 0, charge.currency,
           "authentication_failed");
    }
    return;
  }
}

ProviderNotice SimProvider::take_notice() {
  const auto at = notices_.begin() + static_cast<std::ptrdiff_t>(random_.below(notices_.size()));
  ProviderNotice notice = *at;
  if (!hits(rates.notice_twice)) notices_.erase(at);
  return notice;
}

SimProvider::Fate SimProvider::fate() {
  int throw_of = static_cast<int>(random_.below(1000));
  for (const auto& [rate, fate] : {std::pair{rates.not_done, Fate::kNotDone},
                                   {rates.call_lost, Fate::kCallLost},
                                   {rates.answer_lost, Fate::kAnswerLost},
                                   {rates.late, Fate::kLate}}) {
    if (throw_of < rate) return fate;
    throw_of -= rate;
  }
  return Fate::kServed;
}

void SimProvider::finding(std::string text) { findings_.push_back(name_ + ": " + std::move(text)); }

std::int64_t SimProvider::pending_refunds(const std::string& charge) const {
  std::int64_t sum = 0;
  for (const auto& [reference, refund] : refunds)
    sum +=
        refund.charge == charge && refund.state == SimRefund::State::kPending ? refund.amount : 0;
  return sum;
}

std::string SimProvider::key_of(const std::string& reference) const {
  for (const auto& [key, answer] : known) {
    if (answer.reference == reference) return key;
  }
  return {};
}

void SimProvider::tell(NoticeKind kind, std::string key, std::string reference, std::string about,
                       std::int64_t amount, std::int64_t fee, std::string currency,
                       std::string reason) {
  ProviderNotice notice;
  notice.id = prefix_ + "_n_" + std::to_string(++numbers_);
  notice.kind = kind;
  notice.tenant = tenant_;
  notice.key = std::move(key);
  notice.reference = std::move(reference);
  notice.about = std::move(about);
  notice.amount = amount;
  notice.fee = fee;
  notice.currency = std::move(currency);
  notice.reason = std::move(reason);
  notice.at = clock_.now();
  if (kind == NoticeKind::kDisputeOpened)
    notice.due_by = clock_.now() + base::Seconds{7 * 24 * 3600};
  notices_.push_back(std::move(notice));
}

void SimProvider::authorize(SimCharge& charge, const std::string& reference,
                            ProviderAnswer& answer) {
  charge.authorized = answer.amount;
  answer.network = "visa";
  answer.last4 = "4242";
  if (!charge.capture_at_once) return;
  charge.captured = charge.authorized;
  answer.fee = charge.captured / 50 + 30;
  charge.fees += answer.fee;
  answer.capture_reference = reference + "_c0";
}

ProviderAnswer SimProvider::asked(const ProviderCall& call) {
  ProviderAnswer answer;
  if (hits(rates.query_fails)) return answer;
  if (const auto at = known.find(call.key); at != known.end()) return at->second;
  if (std::any_of(late_.begin(), late_.end(),
                  [&](const Way& way) { return way.call.key == call.key; }) ||
      clock_.now() - call.begun_at < settles_after())
    return answer;
  answer.end = ProviderEnd::kNotDone;
  return answer;
}

ProviderAnswer SimProvider::arrive(const ProviderCall& call) {
  tenant_ = call.tenant;
  if (const auto at = known.find(call.key); at != known.end()) return at->second;
  ProviderAnswer answer;
  answer.end = ProviderEnd::kApplied;
  answer.amount = call.amount;
  switch (call.op) {
    case ProviderOp::kAuthorize:
      arrive_authorize(call, answer);
      break;
    case ProviderOp::kCapture:
      arrive_capture(call, answer);
      break;
    case ProviderOp::kCancel:
      arrive_cancel(call, answer);
      break;
    case ProviderOp::kRefund:
      arrive_refund(call, answer);
      break;
    case ProviderOp::kEvidence:
    case ProviderOp::kCloseDispute:
      if (call.op == ProviderOp::kCloseDispute && disputes.contains(call.reference))
        disputes[call.reference].state = SimDispute::State::kLost;
      answer.reference = call.reference;
      break;
    case ProviderOp::kPayout:
      answer.reference = prefix_ + "_po_" + std::to_string(++numbers_);
      break;
  }
  known[call.key] = answer;
  return answer;
}

void SimProvider::arrive_authorize(const ProviderCall& call, ProviderAnswer& answer) {
  answer.reference = prefix_ + "_ch_" + std::to_string(++numbers_);
  SimCharge& charge = charges[answer.reference];
  charge.payment = call.key.substr(0, call.key.find(':'));
  charge.currency = call.currency;
  charge.capture_at_once = call.capture;
  if (hits(rates.declined)) {
    charge.declined = true;
    answer.end = ProviderEnd::kDeclined;
    answer.amount = 0;
    answer.decline_code = "insufficient_funds";
    answer.network = "visa";
  } else if (hits(rates.needs_action)) {
    charge.asking = true;
    answer.end = call.off_session ? ProviderEnd::kDeclined : ProviderEnd::kNeedsAction;
    if (call.off_session)
      charge.asking = false, charge.declined = true,
      answer.decline_code = "authentication_required";
    answer.action_url = "https://bank.example/ask";
  } else {
    authorize(charge, answer.reference, answer);
  }
}

SimCharge* SimProvider::charge_of(const ProviderCall& call) {
  const auto at = charges.find(call.reference);
  if (at != charges.end()) return &at->second;
  finding(call.key + " is about " + call.reference + ", which was never authorised");
  return nullptr;
}

void SimProvider::arrive_capture(const ProviderCall& call, ProviderAnswer& answer) {
  SimCharge* charge = charge_of(call);
  if (charge == nullptr) return;
  if (charge->released || charge->captured + call.amount > charge->authorized) {
    finding(call.key + " captures " + std::to_string(call.amount) + " of " +
            std::to_string(charge->authorized - charge->captured) +
            (charge->released ? ", released" : ""));
  }
  answer.reference = call.reference + "_c" + std::to_string(++numbers_);
  answer.fee = call.amount / 50 + 30;
  charge->captured += call.amount;
  charge->fees += answer.fee;
  if (call.last) charge->released = true;
}

void SimProvider::arrive_cancel(const ProviderCall& call, ProviderAnswer& answer) {
  SimCharge* charge = charge_of(call);
  if (charge == nullptr) return;
  answer.reference = call.reference;
  if (charge->captured > 0 &&
      charge->captured ==
          charge->authorized) {  // the customer was quicker, and it was captured at once
    answer.end = ProviderEnd::kDeclined;
    answer.amount = 0;
    answer.decline_code = "charge_already_captured";
    return;
  }
  answer.amount = charge->authorized - charge->captured;
  charge->released = true;
  charge->asking = false;
}

void SimProvider::arrive_refund(const ProviderCall& call, ProviderAnswer& answer) {
  SimCharge* charge = charge_of(call);
  if (charge == nullptr) return;
  if (charge->refunded + call.amount > charge->captured) {
    finding(call.key + " refunds " + std::to_string(call.amount) + " of " +
            std::to_string(charge->captured - charge->refunded));
  }
  answer.reference = prefix_ + "_re_" + std::to_string(++numbers_);
  charge->refunded += call.amount;
  SimRefund& refund = refunds[answer.reference];
  refund = {call.reference, call.amount, SimRefund::State::kDone};
  if (hits(rates.pending)) {
    refund.state = SimRefund::State::kPending;
    answer.end = ProviderEnd::kPending;
  }
}

}  // namespace ashlar::sim
