#include "sim_world.h"

#include <utility>

namespace ashlar::sim {

SimWorld::SimWorld(std::uint64_t seed, storage::Database& db, base::TenantId tenant,
                   std::size_t processes)
    : seed_(seed), db_(db), tenant_(tenant), random_(seed), entropy_(seed ^ 0x51d) {
  // A third of the seeds meet acquirers that answer badly more often than well.
  if (seed % 3 == 0)
    one_.rates = two_.rates = {
        .not_done = 120, .call_lost = 200, .answer_lost = 250, .late = 120, .query_fails = 400};
  for (std::size_t i = 0; i < processes; ++i) processes_.push_back(make_process());
}

SimWorld::~SimWorld() { finish(); }

std::vector<std::string> SimWorld::run() {
  for (int i = 0; i < kSteps && findings_.empty(); ++i) step();
  if (findings_.empty()) come_to_rest();
  if (findings_.empty()) audit();
  return findings_;
}

std::unique_ptr<SimProcess> SimWorld::make_process() {
  return std::make_unique<SimProcess>(db_, providers_, clock_, entropy_, registry_, log_, face_);
}

SimProcess& SimWorld::some_process() { return *processes_[random_.below(processes_.size())]; }

SimProvider& SimWorld::some_provider() { return dice(2) == 0 ? one_ : two_; }

void SimWorld::finding(std::string text) { findings_.push_back(std::move(text)); }

void SimWorld::step() {
  const int what = dice(100);
  if (what < 28) {
    for (int burst = dice(4) == 0 ? 3 : 1; burst > 0; --burst) ask(next_op(), some_process());
  } else if (what < 60) {
    provider_step();
  } else if (what < 72) {
    notice();
  } else if (what < 80) {
    clock_.advance(base::Millis{100 + dice(12'000)});
  } else if (what < 87) {
    check("resolve", some_process().payments.resolve());
  } else if (what < 90) {
    check("settle", some_process().payments.settle());
  } else if (what < 92) {
    check("reap", some_process().payments.reap());
  } else if (what < 95) {
    FaultyStore& store = some_process().store;
    (dice(2) == 0 ? store.refuse : store.lose) += 1 + dice(2);
    say("store: refuses", std::int64_t{store.refuse}, "loses", std::int64_t{store.lose});
  } else if (what < 97) {
    kill(random_.below(processes_.size()));
  } else {
    SimProvider& provider = some_provider();
    dice(2) == 0 ? provider.open_dispute() : provider.end_dispute();
  }
  if (dice(10) < 8) drain();
}

void SimWorld::check(const char* what, const base::Status& status) {
  if (!status.ok() && status.error().code != base::Code::kUnavailable &&
      status.error().code != base::Code::kConflict)
    finding(std::string(what) + ": " + status.error().reason + " " + status.error().detail);
}

Op SimWorld::next_op() {
  Op op;
  if (!asked_.empty() && dice(100) < 18) {  // the same again, now and then with another body
    op = asked_[random_.below(asked_.size())]->op;
    if (dice(5) == 0) op.variant += 1;
    return op;
  }
  op.key = "k" + std::to_string(asked_.size());
  const int what = dice(10);
  if (payments_.size() < kPayments && (payments_.empty() || what < 4)) {
    op.amount = 100 + dice(100'000);
    op.manual = dice(2) == 0;
    op.with_method = dice(5) != 0;
    op.confirm = op.with_method && dice(2) == 0;
    if (dice(4) == 0) op.reference = "order-" + std::to_string(dice(3));
    return op;
  }
  op.payment = payments_[random_.below(payments_.size())];
  op.kind = what < 2   ? OpKind::kConfirm
            : what < 5 ? OpKind::kCapture
            : what < 6 ? OpKind::kCancel
            : what < 7 ? OpKind::kUpdate
                       : OpKind::kRefund;
  if (dice(2) == 0) op.amount = 1 + dice(60'000);
  op.last = dice(3) != 0;
  return op;
}

payments::Asked SimWorld::asked_of(const Op& op) const {
  payments::Asked asked;
  asked.tenant = tenant_;
  asked.mode = "live";
  asked.principal = "simulation";
  asked.request_id = "r";
  asked.key = op.key;
  asked.fingerprint = std::string(31, 'f') + static_cast<char>('a' + op.variant % 26);
  asked.deadline = clock_.mono() + base::Seconds{60};
  return asked;
}

void SimWorld::ask(const Op& op, SimProcess& process) {
  ++counts_.asked;
  say("ask", op.key, std::int64_t{static_cast<int>(op.kind)}, op.payment, op.amount.value_or(0),
      std::int64_t{op.last}, std::int64_t{op.variant});
  auto asking = std::make_shared<Asking>();
  asking->op = op;
  asked_.push_back(asking);
  const payments::Done done = [this, asking](base::Result<payments::Answered> result) {
    answered(*asking, std::move(result));
  };
  queued_.push_back(asking);
  payments::Payments& payments = process.payments;
  switch (op.kind) {
    case OpKind::kCreate: {
      payments::NewPayment wanted;
      wanted.amount = *op.amount;
      wanted.currency = "usd";
      wanted.capture = op.manual ? payments::Capture::kManual : payments::Capture::kAutomatic;
      if (op.with_method) wanted.method = "pm_card_visa";
      wanted.confirm = op.confirm;
      wanted.merchant_reference = op.reference;
      return payments.create(asked_of(op), wanted, done);
    }
    case OpKind::kConfirm:
      return payments.confirm(
          asked_of(op), op.payment,
          {.method = op.with_method ? std::optional<std::string>("pm_card_visa") : std::nullopt,
           .receipt_email = {},
           .off_session = false},
          done);
    case OpKind::kCapture:
      return payments.capture(asked_of(op), op.payment, {.amount = op.amount, .last = op.last},
                              done);
    case OpKind::kCancel:
      return payments.cancel(asked_of(op), op.payment, "abandoned", done);
    case OpKind::kUpdate: {
      payments::PaymentChange change;
      change.description = "changed by " + op.key;
      return payments.update(asked_of(op), op.payment, change, done);
    }
    case OpKind::kRefund: {
      payments::NewRefund wanted;
      wanted.payment = op.payment;
      wanted.amount = op.amount;
      return payments.refund(asked_of(op), wanted, done);
    }
  }
}

void SimWorld::answered(Asking& asking, base::Result<payments::Answered> result) {
  if (asking.verdict) return finding("done() was called twice for " + asking.op.key);
  say("answer", asking.op.key,
      result.ok() ? result.value().body
                  : std::string(result.error().reason) + ": " + result.error().detail);
  if (!result.ok()) {
    asking.verdict = result.error().reason;
  } else {
    asking.verdict = result.value().status == 402 ? "declined" : "ok";
    asking.body = result.value().body;
    asking.replayed = result.value().replayed;
    keep_claim(asking, result.value());
    if (asking.op.kind == OpKind::kCreate && !asking.op.reference.empty())
      references_.insert(asking.op.reference);
    if (asking.op.kind == OpKind::kCreate && !asking.replayed)
      payments_.push_back(asking.body.substr(0, asking.body.find(' ')));
  }
}

void SimWorld::keep_claim(const Asking& asking, const payments::Answered& answer) {
  Claim& claim = claims_[asking.op.key];
  if (answer.replayed) ++counts_.replays;
  if (!claim.ended) {
    claim = {asking.op.variant, true, answer.status, answer.body};
    return;
  }
  if (claim.variant != asking.op.variant)
    return finding(asking.op.key + ": another request under the key had an effect");
  if (claim.body != answer.body || claim.status != answer.status)
    finding(asking.op.key + ": answered '" + answer.body + "' after '" + claim.body + "'");
}

void SimWorld::drain() {
  predict();
  std::int64_t stumbled = 0;
  for (const auto& process : processes_) stumbled += process->store.stumbled;
  for (const auto& process : processes_) process->writer.drain();
  std::int64_t after = 0;
  for (const auto& process : processes_) after += process->store.stumbled;
  counts_.store_faults += after - stumbled;
  for (const auto& asking : std::exchange(queued_, {})) {
    if (!asking->verdict || asking->verdicts.empty() || after != stumbled) continue;
    ++counts_.predicted;
    if (!asking->verdicts.contains(*asking->verdict)) {
      std::string allowed;
      for (const std::string& verdict : asking->verdicts) allowed += " " + verdict;
      finding(asking->op.key + " " + std::to_string(static_cast<int>(asking->op.kind)) + " " +
              asking->op.payment + ": " + *asking->verdict + " where the rules say" + allowed);
    }
  }
  heard_since_ = false;
}

void SimWorld::predict() {
  std::map<std::string, int> times;
  for (const auto& asking : queued_)
    ++times[asking->op.payment.empty() ? asking->op.reference + "!" : asking->op.payment];
  for (const auto& asking : queued_) {
    const Op& op = asking->op;
    if (heard_since_ || times[op.payment.empty() ? op.reference + "!" : op.payment] > 1) continue;
    if (const auto claim = claims_.find(op.key); claim != claims_.end()) {
      asking->verdicts = claim->second.variant != op.variant
                             ? Verdicts{"idempotency_key_reused"}
                             : Verdicts{claim->second.status == 402 ? "declined" : "ok"};
      continue;
    }
    if (repeats(op) > 1) continue;
    if (op.kind == OpKind::kCreate) {
      asking->verdicts = verdicts_of(op, {});
      if (!op.reference.empty()) asking->verdicts.insert("merchant_reference_used");
      if (!op.reference.empty() && references_.contains(op.reference))
        asking->verdicts = {"merchant_reference_used"};
      continue;
    }
    const auto payment = read(op.payment);
    if (payment) asking->verdicts = verdicts_of(op, Standing::of(*payment));
  }
}

int SimWorld::repeats(const Op& op) const {
  int count = 0;
  for (const auto& asking : asked_) count += asking->op.key == op.key ? 1 : 0;
  return count;
}

std::optional<Payment> SimWorld::read(const std::string& id) {
  auto found = db_.read(storage::Context::tenant(tenant_),
                        [&](storage::Transaction& tx) { return payments::Reads(tx).payment(id); });
  if (!found.ok()) {
    finding(id + " cannot be read: " + found.error().reason);
    return std::nullopt;
  }
  if (const std::string broken = payments::check(found.value()); !broken.empty())
    finding(id + ": " + broken);
  return std::move(found).value();
}

void SimWorld::provider_step() {
  SimProvider& provider = some_provider();
  provider.step([this](const ProviderCall& call, const ProviderAnswer& answer, bool query) {
    hear(call, answer, query);
    heard_since_ = true;
    counts_.unknown += answer.end == ProviderEnd::kUnknown ? 1 : 0;
  });
  if (dice(4) == 0) provider.end_refund();
  if (dice(4) == 0) provider.customer_answers();
}

void SimWorld::hear(const ProviderCall& call, const ProviderAnswer& answer, bool query) const {
  say(query ? "query" : "call", call.key, payments::to_text(answer.end), answer.reference,
      answer.amount);
}

void SimWorld::notice() {
  SimProvider& provider = some_provider();
  if (!provider.has_notices()) return;
  tell(provider, provider.take_notice());
}

void SimWorld::tell(SimProvider& provider, const ProviderNotice& notice) {
  ++counts_.notices;
  heard_since_ = true;
  some_process().payments.notice(
      std::string(provider.name()), notice, [this, &provider, notice](const base::Status& status) {
        say("notice", notice.id, payments::to_text(notice.kind), notice.key, notice.reference,
            notice.about, notice.amount,
            status.ok() ? "ok" : std::string(status.error().reason) + " " + status.error().detail);
        if (status.ok()) return;
        provider.keep_notice(notice);  // it is told again
      });
}

void SimWorld::kill(std::size_t which) {
  ++counts_.kills;
  say("kill", static_cast<std::int64_t>(which));
  SimProcess& dead = *processes_[which];
  dead.store.dead = true;
  queued_.clear();
  // Its calls' listeners die with it; what they would do, the dead store refuses. Calls of
  // another process are cut off as well: to them the acquirer has hung up.
  for (SimProvider* provider : {&one_, &two_}) {
    for (SimProvider::Done& listener : provider->orphan()) listener(ProviderAnswer{});
  }
  heard_since_ = true;
  graves_.push_back(std::move(processes_[which]));
  graves_.back()->writer.drain();
  processes_[which] = make_process();
  if (processes_.size() == 1) check("recover", processes_[which]->payments.recover());
}

void SimWorld::calm() {
  for (SimProvider* provider : {&one_, &two_}) provider->rates = Rates::calm();
  for (const auto& process : processes_) process->store.refuse = process->store.lose = 0;
}

void SimWorld::come_to_rest() {
  say("--- rest");
  calm();
  for (int round = 0; round < 40 && findings_.empty(); ++round) {
    drain();
    for (SimProvider* provider : {&one_, &two_}) {
      for (int i = 0; i < 200 && provider->has_work(); ++i) {
        provider->step([this](const ProviderCall& call, const ProviderAnswer& answer, bool query) {
          hear(call, answer, query);
        });
        if (i % 3 == 0) drain();
      }
      provider->customer_answers();
      provider->end_refund();
      provider->end_dispute();
      drain();
      for (int i = 0; i < 100 && provider->has_notices(); ++i) {
        tell(*provider, provider->take_notice());
        drain();
      }
    }
    clock_.advance(base::Seconds{round < 20 ? 11 : 61});
    for (SimProvider* provider : {&one_, &two_}) provider->arrive_late();
    for (const auto& process : processes_) {
      check("resolve", process->payments.resolve());
      drain();
    }
  }
}

void SimWorld::finish() {
  for (SimProvider* provider : {&one_, &two_}) {
    for (SimProvider::Done& listener : provider->orphan()) listener(ProviderAnswer{});
  }
  for (const auto& process : processes_) process->writer.drain();
  for (const auto& grave : graves_) grave->writer.drain();
}

}  // namespace ashlar::sim
