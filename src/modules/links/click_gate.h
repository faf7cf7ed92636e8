// ClickGate: lets so many visitors pass a link and no more, exactly.
//
//   take() ── nobody is under way for this link ──> takes for all who wait, one transaction ──>
//   answers them
//      └──── somebody is ──> waits: part of the next transaction
//
// Promises
//  1. Never more than the limit pass, however many ask at once, in how many processes, and whoever
//     dies meanwhile: what lets a visitor pass is committed before take() returns.
//  2. What was taken was let pass, or was under way when the process died, or storage did not say
//     whether its commit came about (then take() is an error, and nobody passed).
//  3. Of those who wait for one link in this process one transaction takes for all.
//
// Threads: any; blocks for a commit, two at most.
// Errors: storage's.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <unordered_map>

#include "base/result.h"
#include "base/time.h"
#include "modules/links/link.h"

namespace ashlar::base {
class Clock;
}
namespace ashlar::storage {
class Database;
}

namespace ashlar::links {

class ClickGate {
 public:
  static constexpr base::Millis kDeadline{2'000};

  // Both outlive it.
  ClickGate(storage::Database& db, const base::Clock& clock) : db_(db), clock_(clock) {}

  // Whether one more visitor may pass.
  base::Result<bool> take(LinkId link);

 private:
  // Those for whom one transaction takes.
  struct Batch {
    std::int64_t wanted = 0;
    bool done = false;
    base::Result<std::int64_t> taken = 0;
  };
  // Those who ask for one link; there while somebody does.
  struct Line {
    int users = 0;
    bool busy = false;  // a transaction is under way
    std::shared_ptr<Batch> next;
    std::condition_variable moved;
  };

  base::Result<std::int64_t> commit(LinkId link, std::int64_t wanted);

  storage::Database& db_;
  const base::Clock& clock_;
  std::mutex mutex_;  // guards what follows, all batches and lines too
  std::unordered_map<LinkId, Line> lines_;
};

}  // namespace ashlar::links
