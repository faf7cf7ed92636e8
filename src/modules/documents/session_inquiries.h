// SessionInquiries: the questions that one loop has asked other instances about sessions, until
// each has its answer.
//
//   ask() ──hear(): a part──> … ──the last part of the last one, or gone()──> Done
//      └──expire(): its time is over──> Done, and who has not said all is named as missing
//
// Promises
//  1. Done is called exactly once for each question that was taken, within hear(), gone() or
//     expire().
//  2. Who is awaited stands in `answered`, in `missing`, or has gone; nobody is left out in
//     silence. A part that was lost makes its instance a missing one.
//  3. Bounded: kMaxOpen questions, kMaxSessions of each; what is beyond is said to be truncated.
//
// Its loop's thread. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "base/time.h"
#include "modules/documents/instance_id.h"
#include "modules/documents/session_message.h"

namespace ashlar::documents {

class SessionInquiries {
 public:
  static constexpr std::size_t kMaxOpen = 32;
  static constexpr std::size_t kMaxSessions = 10'000;

  struct Report {
    std::vector<std::pair<InstanceId, SessionView>> sessions;
    std::vector<InstanceId> answered;
    std::vector<InstanceId> missing;
    bool ended = false;
    bool truncated = false;
  };
  using Done = std::function<void(Report)>;
  struct Wanted {
    std::vector<InstanceId> of;
    bool and_others = false;  // who may be there is not known yet: it waits until its time is over
    base::Mono until{};
  };

  // Its number; none: too many are open.
  std::optional<std::uint64_t> ask(const Wanted& wanted, Done done);
  void hear(InstanceId from, SessionAnswer answer);
  // The instance is no more, nor are its sessions.
  void gone(InstanceId instance);
  void expire(base::Mono now);

  [[nodiscard]] std::size_t open() const { return open_.size(); }

 private:
  struct Asked {
    std::uint64_t parts = 0;  // that have come
    bool done = false;
  };
  struct Inquiry {
    std::map<InstanceId, Asked> asked;
    bool and_others = false;
    base::Mono until{};
    Done done;
    Report report;
  };
  using Open = std::map<std::uint64_t, Inquiry>;

  [[nodiscard]] static bool is_complete(const Inquiry& inquiry);
  Open::iterator finish(Open::iterator at);

  Open open_;
  std::uint64_t last_ = 0;
};

}  // namespace ashlar::documents
