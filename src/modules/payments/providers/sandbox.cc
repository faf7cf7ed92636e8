#include "modules/payments/providers/sandbox.h"

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/failpoint.h"
#include "modules/payments/providers/card_tokens.h"
#include "modules/payments/providers/sandbox_desk.h"
#include "modules/payments/providers/sandbox_notice.h"
#include "modules/payments/providers/sandbox_statement.h"
#include "modules/payments/providers/sandbox_store.h"
#include "modules/payments/providers/timed_signature.h"
#include "platform/observability/log.h"
#include "platform/observability/metrics.h"
#include "platform/observability/quiet_thread.h"
#include "platform/storage/database.h"

namespace ashlar::payments {
namespace {

using base::Result;
using base::Status;
using store::StoredNotice;

constexpr std::int64_t kMaxDue = 256;     // objects and notices of one turn
constexpr std::size_t kMaxTold = 4'096;   // outcomes of notices that wait to be written
constexpr base::Seconds kPoll{1};         // how often it looks what other processes left to do
constexpr base::Seconds kNoticeTime{5};   // to take a notice, before it is told again
constexpr base::Millis kFirstPause{200};  // doubled with each try
constexpr base::Seconds kLongestPause{60};
constexpr base::Seconds kKeepTaken{24 * 3600};
constexpr base::Seconds kForgetEach{600};
constexpr base::Seconds kForEver{10LL * 365 * 24 * 3600};

ProviderAnswer ended(ProviderEnd end) {
  ProviderAnswer answer;
  answer.end = end;
  return answer;
}

base::Time after_try(base::Time now, int tries) {
  constexpr int kMostDoublings = 9;
  const base::Millis pause = kFirstPause * (1 << std::min(tries, kMostDoublings));
  return now + std::min<base::Millis>(pause, kLongestPause);
}

}  // namespace

struct Sandbox::Impl {
  struct Item {
    ProviderCall call;
    Done done;
    bool asks = false;  // query()
    base::Time sent{};
  };
  struct Held {
    base::Mono at;
    ProviderAnswer answer;
    Done done;
  };
  // What a transaction has made; it may run again, so it begins with none of it.
  struct Turn {
    std::vector<ProviderAnswer> answers;
    std::vector<base::Millis> delays;
    std::vector<StoredNotice> notices;
    std::size_t aged = 0;
    std::optional<base::Time> next;
  };

  Impl(Options given, storage::Database& database, const base::Clock& time, obs::Registry& metrics,
       obs::Log& logger)
      : rules(std::move(given.terms), given.faults),
        max_queued(given.max_queued),
        secrets{rules.terms().secret},
        db(database),
        clock(time),
        log(logger),
        batches(metrics.make_histogram("ashlar_sandbox_batch_calls",
                                       "Calls that the sandbox took into one commit.",
                                       obs::power_of_two_buckets())),
        queue_size(metrics.make_gauge("ashlar_sandbox_queue", "Calls that wait for the sandbox.")) {
  }

  const std::string& bank() const { return rules.terms().bank; }

  void enqueue(ProviderCall call, Done done, bool asks);
  std::vector<Item> take_items();
  std::size_t run_once();
  bool look(base::Time now);
  Status work(storage::Transaction& tx, const std::vector<Item>& items,
              const std::vector<StoredNotice>& outcomes, base::Time now, Turn& turn);
  Status load(storage::Transaction& tx, const std::vector<Item>& items, base::Time now,
              SandboxBook& book, std::vector<SandboxBook::Place>& due) const;
  Status lease_notices(storage::Transaction& tx, base::Time now, Turn& turn);
  void answer(std::vector<Item>& items, Turn& turn, base::Mono now);
  void hold(Item& item, ProviderAnswer answer, base::Mono at);
  std::size_t release(base::Mono now);
  void deliver(const StoredNotice& notice);
  void outcome(StoredNotice notice, const Status& taken);
  void forget(base::Time now);
  void loop();
  base::Mono::duration pause() const;

  const SandboxRules rules;
  const std::size_t max_queued;
  const std::vector<std::string> secrets;
  storage::Database& db;
  const base::Clock& clock;
  obs::Log& log;
  obs::Histogram& batches;
  obs::Gauge& queue_size;
  Tell tell;

  mutable std::mutex mutex;  // guards what follows
  std::condition_variable changed;
  std::deque<Item> queue;
  std::vector<StoredNotice> told;  // what became of notices, to be written
  std::vector<Held> held;
  std::optional<base::Time> next;
  bool stopping = false;

  // Of who runs turns.
  std::optional<base::Mono> looked;
  std::optional<base::Time> forgot;

  std::thread thread;
};

void Sandbox::Impl::enqueue(ProviderCall call, Done done, bool asks) {
  {
    const std::lock_guard lock(mutex);
    if (!stopping && queue.size() < max_queued) {
      queue.push_back({std::move(call), std::move(done), asks, clock.now()});
      changed.notify_one();
      return;
    }
  }
  done(ended(asks ? ProviderEnd::kUnknown : ProviderEnd::kNotDone));
}

// Who is past its deadline was not begun: certainly nothing was done.
std::vector<Sandbox::Impl::Item> Sandbox::Impl::take_items() {
  std::vector<Item> items, late;
  const base::Mono now = clock.mono();
  {
    const std::lock_guard lock(mutex);
    while (!queue.empty() && items.size() < kMaxBatch) {
      const base::Mono deadline = queue.front().call.deadline;
      const bool over = deadline != base::Mono{} && deadline <= now;
      (over ? late : items).push_back(std::move(queue.front()));
      queue.pop_front();
    }
    queue_size.set(static_cast<std::int64_t>(queue.size()));
  }
  for (Item& item : late) {
    item.done(ended(item.asks ? ProviderEnd::kUnknown : ProviderEnd::kNotDone));
  }
  return items;
}

std::size_t Sandbox::Impl::run_once() {
  const base::Time now = clock.now();
  const base::Mono mono = clock.mono();
  std::vector<Item> items = take_items();
  std::vector<StoredNotice> outcomes;
  bool due = !looked || mono - *looked >= kPoll;
  {
    const std::lock_guard lock(mutex);
    outcomes.swap(told);
    due = due || (next && *next <= now);
  }
  std::size_t done = items.size() + outcomes.size();
  if (due) {
    looked = mono;
    due = look(now);
  }
  if (done > 0 || due) {
    Turn turn;
    const Status written = db.write(sandbox_context(), [&](storage::Transaction& tx) {
      return work(tx, items, outcomes, now, turn);
    });
    if (!written.ok()) {
      log.warn("sandbox: a turn was not written", {{"detail", written.error().detail}});
      const std::lock_guard lock(mutex);
      told.insert(told.end(), outcomes.begin(), outcomes.end());
      turn = {};
      turn.answers.assign(items.size(), ended(ProviderEnd::kUnknown));
      turn.delays.assign(items.size(), base::Millis{0});
      if (items.empty()) done = 0;
    } else {
      if (!items.empty()) base::failpoint(base::Failpoint::kAfterApply);
      const std::lock_guard lock(mutex);
      next = turn.next;
    }
    if (!items.empty()) batches.observe(static_cast<double>(items.size()));
    done += turn.aged + turn.notices.size();
    answer(items, turn, mono);
    for (const StoredNotice& notice : turn.notices) deliver(notice);
    forget(now);
  }
  return done + release(mono);
}

// Whether something is due; a sandbox that nobody uses writes nothing.
bool Sandbox::Impl::look(base::Time now) {
  const auto found = db.read(sandbox_context(), [&](storage::Transaction& tx) {
    return store::next_due(tx, bank(), tell != nullptr);
  });
  if (!found.ok()) return false;
  const std::lock_guard lock(mutex);
  next = *found;
  return next && *next <= now;
}

Status Sandbox::Impl::work(storage::Transaction& tx, const std::vector<Item>& items,
                           const std::vector<StoredNotice>& outcomes, base::Time now, Turn& turn) {
  turn = {};
  ASHLAR_TRY(store::lock_book(tx, bank()));
  SandboxBook book;
  std::vector<SandboxBook::Place> due;
  ASHLAR_TRY(load(tx, items, now, book, due));
  for (const auto& [tenant, reference] : due) rules.age(book, tenant, reference, now);
  turn.aged = due.size();
  for (const Item& item : items) {
    const ProviderCall& call = item.call;
    if (item.asks) {
      turn.answers.push_back(rules.query(book, call, now));
      turn.delays.emplace_back(0);
      continue;
    }
    turn.answers.push_back(rules.submit(book, call, item.sent, now));
    const SandboxCall* row = book.call(call.tenant, call.key);
    turn.delays.push_back(rules.dice().answer_delay(call, row == nullptr ? 0 : row->asked));
  }
  ASHLAR_TRY(store::save_book(tx, bank(), book));
  ASHLAR_TRY(keep_notices(tx, rules, book, now));
  for (const StoredNotice& notice : outcomes) {
    ASHLAR_TRY(store::put_notice(tx, bank(), notice));
  }
  ASHLAR_TRY(lease_notices(tx, now, turn));
  ASHLAR_ASSIGN(turn.next, store::next_due(tx, bank(), tell != nullptr));
  return base::ok_status();
}

Status Sandbox::Impl::load(storage::Transaction& tx, const std::vector<Item>& items, base::Time now,
                           SandboxBook& book, std::vector<SandboxBook::Place>& due) const {
  store::Places keys, references;
  const auto need = [&](base::TenantId tenant, const std::string& key, const std::string& reference,
                        const std::string& currency) {
    if (!key.empty()) keys.emplace(tenant, key);
    if (!reference.empty()) references.emplace(tenant, reference);
    if (!currency.empty()) {
      references.emplace(tenant, SandboxBook::balance_reference(currency));
    }
  };
  ASHLAR_ASSIGN(due, store::load_due(tx, bank(), now, kMaxDue, book));
  for (const auto& [tenant, reference] : due) {
    const SandboxObject& object = *book.object(tenant, reference);
    need(tenant, object.key, object.charge, object.currency);
    if (object.kind != SandboxKind::kLate) continue;
    ASHLAR_ASSIGN(const ProviderCall late, call_of_json(object.call));
    need(tenant, late.key, late.reference, late.currency);
  }
  for (const Item& item : items) {
    need(item.call.tenant, item.call.key, item.call.reference, item.call.currency);
  }
  ASHLAR_TRY(store::load_calls(tx, bank(), keys, book));
  return store::load_objects(tx, bank(), references, book);
}

// Until kNoticeTime is over nobody else tells of them.
Status Sandbox::Impl::lease_notices(storage::Transaction& tx, base::Time now, Turn& turn) {
  if (tell == nullptr) return base::ok_status();
  ASHLAR_ASSIGN(turn.notices, store::due_notices(tx, bank(), now, kMaxDue));
  for (StoredNotice& notice : turn.notices) {
    ++notice.tries;
    notice.due_at = now + kNoticeTime;
    ASHLAR_TRY(store::put_notice(tx, bank(), notice));
  }
  return base::ok_status();
}

void Sandbox::Impl::answer(std::vector<Item>& items, Turn& turn, base::Mono now) {
  for (std::size_t i = 0; i < items.size(); ++i) {
    if (turn.delays[i] > base::Millis{0}) {
      hold(items[i], std::move(turn.answers[i]), now + turn.delays[i]);
    } else {
      items[i].done(std::move(turn.answers[i]));
    }
  }
}

// Past its deadline an answer is none.
void Sandbox::Impl::hold(Item& item, ProviderAnswer answer, base::Mono at) {
  const base::Mono deadline = item.call.deadline;
  if (deadline != base::Mono{} && deadline < at) {
    at = deadline;
    answer = ended(ProviderEnd::kUnknown);
  }
  const std::lock_guard lock(mutex);
  held.push_back({at, std::move(answer), std::move(item.done)});
}

std::size_t Sandbox::Impl::release(base::Mono now) {
  std::vector<Held> ready;
  {
    const std::lock_guard lock(mutex);
    std::vector<Held> waits;
    for (Held& one : held) (one.at > now ? waits : ready).push_back(std::move(one));
    held.swap(waits);
  }
  for (Held& one : ready) one.done(std::move(one.answer));
  return ready.size();
}

void Sandbox::Impl::deliver(const StoredNotice& notice) {
  Webhook webhook;
  webhook.body = notice.body;
  webhook.headers = {
      {"Content-Type", "application/json"},
      {std::string(kSandboxSignature), timed_signature(secrets, clock.now(), notice.body)}};
  tell(webhook, [this, notice](const Status& taken) { outcome(notice, taken); });
}

void Sandbox::Impl::outcome(StoredNotice notice, const Status& taken) {
  notice.due_at.reset();
  if (!taken.ok()) notice.due_at = after_try(clock.now(), notice.tries);
  const std::lock_guard lock(mutex);
  // Without its outcome it is told once more: that is allowed.
  if (told.size() < kMaxTold) told.push_back(std::move(notice));
  changed.notify_one();
}

void Sandbox::Impl::forget(base::Time now) {
  if (forgot && now - *forgot < kForgetEach) return;
  forgot = now;
  const Status done = db.write(sandbox_context(), [&](storage::Transaction& tx) {
    return store::forget_notices(tx, bank(), now - kKeepTaken);
  });
  if (!done.ok()) log.warn("sandbox: old notices are kept", {{"detail", done.error().detail}});
}

// How long there is nothing to do, unless somebody calls. REQUIRES: mutex is held.
base::Mono::duration Sandbox::Impl::pause() const {
  base::Mono::duration longest = kPoll;
  if (next) longest = std::min<base::Mono::duration>(longest, *next - clock.now());
  for (const Held& one : held) longest = std::min(longest, one.at - clock.mono());
  return std::max(longest, base::Mono::duration::zero());
}

void Sandbox::Impl::loop() {
  while (true) {
    const std::size_t done = run_once();
    std::unique_lock lock(mutex);
    if (stopping) return;
    if (done > 0) continue;
    changed.wait_for(lock, pause(), [this] { return stopping || !queue.empty() || !told.empty(); });
  }
}

Sandbox::Sandbox(Options options, storage::Database& db, const base::Clock& clock,
                 obs::Registry& metrics, obs::Log& log)
    : impl_(std::make_unique<Impl>(std::move(options), db, clock, metrics, log)) {}

Sandbox::~Sandbox() { stop(); }

void Sandbox::tell(Tell tell) { impl_->tell = std::move(tell); }

std::string_view Sandbox::name() const { return impl_->bank(); }

void Sandbox::submit(ProviderCall call, Done done) {
  impl_->enqueue(std::move(call), std::move(done), false);
}

void Sandbox::query(ProviderCall call, Done done) {
  impl_->enqueue(std::move(call), std::move(done), true);
}

Result<std::vector<ProviderNotice>> Sandbox::read_webhook(std::string_view body,
                                                          const Headers& headers) {
  ASHLAR_TRY(check_timed_signature(header_of(headers, kSandboxSignature), body, impl_->secrets,
                                   impl_->clock.now()));
  ASHLAR_ASSIGN(ProviderNotice notice, read_sandbox_notice(body));
  return std::vector<ProviderNotice>{std::move(notice)};
}

base::Seconds Sandbox::remembers() const { return kForEver; }

base::Seconds Sandbox::settles_after() const { return impl_->rules.settles_after(); }

std::optional<CardFace> Sandbox::face_of(std::string_view token) const {
  const CardToken* card = find_card(token);
  return card == nullptr ? std::nullopt : std::optional(payments::face_of(*card));
}

bool Sandbox::takes(std::string_view token) const { return find_card(token) != nullptr; }

void Sandbox::start() {
  impl_->thread = obs::start_quiet_thread("sandbox", [this] { impl_->loop(); });
}

void Sandbox::stop() {
  std::deque<Impl::Item> queued;
  std::vector<Impl::Held> held;
  {
    const std::lock_guard lock(impl_->mutex);
    impl_->stopping = true;
    impl_->changed.notify_all();
  }
  if (impl_->thread.joinable()) impl_->thread.join();
  {
    const std::lock_guard lock(impl_->mutex);
    queued.swap(impl_->queue);
    held.swap(impl_->held);
  }
  for (auto& item : queued) {
    item.done(ended(item.asks ? ProviderEnd::kUnknown : ProviderEnd::kNotDone));
  }
  for (auto& one : held) one.done(ended(ProviderEnd::kUnknown));
}

std::size_t Sandbox::run_once() { return impl_->run_once(); }

void Sandbox::drain() {
  while (run_once() > 0) {
  }
}

std::optional<base::Time> Sandbox::next_at() const {
  const std::lock_guard lock(impl_->mutex);
  std::optional<base::Time> at = impl_->next;
  const auto sooner = [&](base::Time one) { at = at ? std::min(*at, one) : one; };
  for (const Impl::Held& one : impl_->held) {
    sooner(impl_->clock.now() + std::chrono::ceil<base::Micros>(one.at - impl_->clock.mono()));
  }
  if (!impl_->queue.empty() || !impl_->told.empty()) sooner(impl_->clock.now());
  return at;
}

Result<Sandbox::Action> Sandbox::action(std::string_view token) {
  return read_action(impl_->db, impl_->rules, token, impl_->clock.now());
}

Status Sandbox::decide(std::string_view token, bool approves) {
  const base::Time now = impl_->clock.now();
  ASHLAR_TRY(decide_action(impl_->db, impl_->rules, token, approves, now));
  const std::lock_guard lock(impl_->mutex);
  impl_->next = now;  // there is something to tell
  impl_->changed.notify_one();
  return base::ok_status();
}

Result<std::optional<store::KeyView>> Sandbox::view(base::TenantId tenant, const std::string& key) {
  return impl_->db.read(storage::Context::tenant(tenant), [&](storage::Transaction& tx) {
    return store::view_key(tx, impl_->bank(), key);
  });
}

Result<std::int64_t> Sandbox::moved_twice(base::TenantId tenant) {
  return impl_->db.read(storage::Context::tenant(tenant), [&](storage::Transaction& tx) {
    return store::keys_moved_twice(tx, impl_->bank());
  });
}

Result<SandboxStatement> Sandbox::statement(base::TenantId tenant, base::Time day) {
  return read_statement(impl_->db, impl_->rules, tenant, day);
}

}  // namespace ashlar::payments
