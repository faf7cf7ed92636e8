// PresenceRelay: carries what instances say to each other about who is there, and knows which of
// them live.
//
//   say() ──> waits ──(its thread: kPause after the one before it)──> a packet ──> notices, one
//   commit notices ──> parts put together ──> Ears::record for each record an instance: unknown ──a
//   packet──> lives ──silent for kSilent, or it says that it ends──> gone
//                                        ^─────────── a packet: Ears::again ────────────────────┘
//
// Promises
//  1. What was said reaches every other instance on the same database in its order, or Ears::again
//     is called there; what could not be sent is sent again, and nothing more is taken meanwhile.
//  2. Bounded: kMaxWaiting bytes wait; a packet each kPause; each is one commit of notices alone,
//     and no table is written.
//  3. Who knows of another instance sends it something each kBeat, empty where there is nothing.
//  4. Who starts says so, and whoever had not heard of him answers: kIntroduced later others() are
//     all. Who may have missed something may have given others up, and hears their next beat.
//
// The Ears are called on storage's threads and on its own: they must not block. Any thread.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "base/time.h"
#include "modules/documents/presence_packet.h"
#include "platform/storage/database.h"

namespace ashlar::base {
class Clock;
}

namespace ashlar::documents {

struct DocumentMetrics;  // document_metrics.h

class PresenceRelay {
 public:
  static constexpr std::string_view kChannel = "documents_presence";
  static constexpr std::size_t kMaxWaiting = 128u << 10;  // and one say() more of each thread
  static constexpr std::size_t kMaxSaid = 128u << 10;
  static constexpr base::Millis kPause{100};
  static constexpr base::Millis kRetry{1'000};
  static constexpr base::Seconds kBeat{5};
  static constexpr base::Seconds kSilent{16};  // three beats and a little
  static constexpr base::Seconds kRemembered{3'600};
  static constexpr base::Millis kIntroduced{1'500};

  struct Ears {
    std::function<void(InstanceId, const PresenceRecord&)> record;
    std::function<void(InstanceId)> gone;
    std::function<void()> again;  // something may have been missed: ask all, tell all
  };

  // `self` is random. All by reference outlives it; it subscribes to `db`.
  PresenceRelay(storage::Database& db, const base::Clock& clock, InstanceId self,
                const DocumentMetrics& metrics, Ears ears);
  ~PresenceRelay();  // stops
  PresenceRelay(const PresenceRelay&) = delete;
  PresenceRelay& operator=(const PresenceRelay&) = delete;

  void start();
  // Says that this instance ends. Nothing is heard or sent after it.
  void stop();

  [[nodiscard]] bool has_room();
  // REQUIRES: records.size() <= kMaxSaid, has_room().
  void say(std::string records);

  struct Others {
    std::vector<InstanceId> living;
    bool are_all = false;  // else there may be some that it has not heard of yet
  };
  [[nodiscard]] Others others();

 private:
  struct Instance {
    base::Mono heard{};
    bool lives = true;
  };

  void loop();
  std::string take_packet();
  void introduce_again();
  void introduced();
  bool send_one(std::string_view packet, bool ends);
  void hear(const storage::Database::Notice& notice);
  bool note_heard(InstanceId from, bool ends);
  void look_after_others();

  storage::Database& db_;
  const base::Clock& clock_;
  const InstanceId self_;
  const Ears ears_;
  const DocumentMetrics& metrics_;
  std::uint64_t next_packet_ = 0;  // its thread's

  std::mutex mutex_;  // guards what follows
  std::condition_variable ready_;
  std::deque<std::string> waiting_;
  std::size_t waiting_bytes_ = 0;
  std::map<InstanceId, Instance> instances_;
  PacketAssembler assembler_;
  std::size_t living_ = 0;
  bool greets_ = true;  // something is to be sent, empty where there is nothing
  base::Mono introduced_ = base::Mono::max();  // when whoever lives has been heard
  base::Millis introduction_ = kIntroduced;    // from the greeting to then
  bool stopping_ = false;

  std::thread thread_;
};

}  // namespace ashlar::documents
