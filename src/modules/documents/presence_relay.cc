#include "modules/documents/presence_relay.h"

#include <utility>
#include <vector>

#include "base/check.h"
#include "base/clock.h"
#include "modules/documents/document_metrics.h"
#include "platform/observability/quiet_thread.h"

namespace ashlar::documents {
namespace {

storage::Context context() {
  return storage::Context::platform(storage::PlatformUse::kDocuments).read_committed();
}

}  // namespace

PresenceRelay::PresenceRelay(storage::Database& db, const base::Clock& clock, InstanceId self,
                             const DocumentMetrics& metrics, Ears ears)
    : db_(db), clock_(clock), self_(self), ears_(std::move(ears)), metrics_(metrics) {
  db.subscribe(std::string(kChannel),
               [this](const storage::Database::Notice& notice) { hear(notice); });
}

PresenceRelay::~PresenceRelay() { stop(); }

void PresenceRelay::start() {
  CHECK(!thread_.joinable());
  thread_ = obs::start_quiet_thread("documents-here", [this] { loop(); });
}

void PresenceRelay::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  ready_.notify_all();
  if (thread_.joinable()) thread_.join();
}

bool PresenceRelay::has_room() {
  const std::lock_guard lock(mutex_);
  return waiting_bytes_ < kMaxWaiting;
}

void PresenceRelay::say(std::string records) {
  CHECK(records.size() <= kMaxSaid);
  const std::lock_guard lock(mutex_);
  if (stopping_) return;
  waiting_bytes_ += records.size();
  waiting_.push_back(std::move(records));
  ready_.notify_all();
}

PresenceRelay::Others PresenceRelay::others() {
  const std::lock_guard lock(mutex_);
  Others others{.living = {}, .are_all = clock_.mono() >= introduced_};
  for (const auto& [id, instance] : instances_) {
    if (instance.lives) others.living.push_back(id);
  }
  return others;
}

// --- What is sent -------------------------------------------------------------------------------

void PresenceRelay::loop() {
  base::Mono last = clock_.mono();
  bool ended = false;
  while (!ended) {
    std::string packet;
    bool beats = false;
    bool greets = false;
    {
      std::unique_lock lock(mutex_);
      ready_.wait_for(lock, kPause * 5,
                      [this] { return stopping_ || greets_ || !waiting_.empty(); });
      ended = stopping_;
      packet = take_packet();
      beats = living_ > 0;
      greets = std::exchange(greets_, false);
    }
    look_after_others();
    const bool due = (greets && !ended) || (beats && (ended || clock_.mono() - last >= kBeat));
    if (packet.empty() && !due) continue;
    last = clock_.mono();
    while (!send_one(packet, ended) && !ended) {
      std::unique_lock lock(mutex_);
      ready_.wait_for(lock, kRetry, [this] { return stopping_; });
      ended = stopping_;
    }
    if (greets) introduced();
    std::unique_lock lock(mutex_);
    ready_.wait_for(lock, kPause, [this] { return stopping_; });
  }
}

void PresenceRelay::introduce_again() {
  const std::lock_guard lock(mutex_);
  greets_ = true;
  introduced_ = base::Mono::max();
  introduction_ = kBeat + kIntroduced;
  ready_.notify_all();
}

void PresenceRelay::introduced() {
  const std::lock_guard lock(mutex_);
  if (!greets_ && introduced_ == base::Mono::max()) introduced_ = clock_.mono() + introduction_;
}

std::string PresenceRelay::take_packet() {
  std::string packet;
  while (!waiting_.empty() && packet.size() + waiting_.front().size() <= kMaxPacketBytes) {
    packet += waiting_.front();
    waiting_bytes_ -= waiting_.front().size();
    waiting_.pop_front();
  }
  return packet;
}

bool PresenceRelay::send_one(std::string_view packet, bool ends) {
  const std::vector<std::string> notices = notices_of(self_, ++next_packet_, ends, packet);
  const base::Status sent = db_.write(context(), [&](storage::Transaction& tx) -> base::Status {
    for (const std::string& notice : notices) tx.notify(kChannel, notice);
    return base::ok_status();
  });
  (sent.ok() ? metrics_.presence_sent : metrics_.presence_failed).add();
  return sent.ok();
}

// --- What is heard ------------------------------------------------------------------------------

void PresenceRelay::hear(const storage::Database::Notice& notice) {
  if (notice.resync) {
    introduce_again();
    return ears_.again();
  }
  std::optional<PacketAssembler::Packet> packet;
  bool again = false;
  {
    const std::lock_guard lock(mutex_);
    if (stopping_) return;
    packet = assembler_.take(notice.payload);
    if (!packet || packet->from == self_) return;
    again = note_heard(packet->from, packet->ends);
  }
  metrics_.presence_heard.add();
  if (packet->ends) return ears_.gone(packet->from);
  std::size_t unknown = 0;
  for (const PresenceRecord& record : read_records(packet->bytes, &unknown)) {
    ears_.record(packet->from, record);
  }
  metrics_.presence_unknown.add(unknown);
  if (again) ears_.again();
}

// True: it had been given up, so it knows of visitors here that have forgotten it.
bool PresenceRelay::note_heard(InstanceId from, bool ends) {
  const auto known = instances_.find(from);
  if (known == instances_.end() && instances_.size() >= PacketAssembler::kMaxSenders) return false;
  Instance& instance = instances_[from];
  const bool was_given_up = known != instances_.end() && !instance.lives;
  instance = {.heard = clock_.mono(), .lives = !ends};
  if (ends) {
    instances_.erase(from);
  } else if (was_given_up || known == instances_.end()) {
    greets_ = true;  // it does not know of this one, or no more
    ready_.notify_all();
  }
  living_ = 0;
  for (const auto& [id, one] : instances_) living_ += one.lives ? 1 : 0;
  metrics_.instances.set(static_cast<std::int64_t>(living_));
  return was_given_up && !ends;
}

void PresenceRelay::look_after_others() {
  std::vector<InstanceId> gone;
  {
    const std::lock_guard lock(mutex_);
    const base::Mono now = clock_.mono();
    for (auto& [id, instance] : instances_) {
      if (!instance.lives || now - instance.heard < kSilent) continue;
      instance.lives = false;
      --living_;
      assembler_.forget(id);
      gone.push_back(id);
    }
    std::erase_if(instances_, [now](const auto& one) {
      return !one.second.lives && now - one.second.heard > kRemembered;
    });
    metrics_.instances.set(static_cast<std::int64_t>(living_));
  }
  for (const InstanceId id : gone) ears_.gone(id);
}

}  // namespace ashlar::documents
