// FaktorySession: a connection that speaks Faktory's protocol (faktory_protocol.h): HELLO, PUSH,
// PUSHB, FETCH, ACK, FAIL, BEAT, INFO, END. FLUSH and what Faktory sells (QUEUE, MUTATE, BATCH,
// TRACK) are refused: each with an error that says so.
//
//   [greeted] ──HELLO, the proof is right──> [open] ──command──> [busy] ──answered──> [open]
//       └──────── wrong ──> one error, closed           FETCH, nothing there: [busy] without a
//                                                       thread, at most FaktoryJobs::kFetchWait
//
// Promises
//  1. One answer a command, in their order; one command at a time.
//  2. Nothing but HELLO and END is heard before HELLO. The proof is checked again every kRecheck:
//     a key that was revoked ends its connections.
//  3. A line has at most kMaxLineBytes; a longer one is one error and the end.
//  4. A job that was leased for a connection which has gone meanwhile goes to another at once.
//
// Threads: its stream's loop; what blocks runs on the service's workers.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "modules/tasks/faktory_auth.h"
#include "modules/tasks/faktory_jobs.h"
#include "platform/net/stream.h"

namespace ashlar::base {
class Entropy;
}
namespace ashlar::obs {
class Counter;
class Registry;
}  // namespace ashlar::obs
namespace ashlar::runtime {
class WorkerPool;
}

namespace ashlar::tasks {

// What sessions share; all it refers to outlives them, and the workers' last task.
struct FaktoryService {
  FaktoryService(FaktoryJobs& faktory_jobs, FaktoryAuth& accounts, runtime::WorkerPool& pool,
                 base::Entropy& chance, obs::Registry& metrics);

  FaktoryJobs& jobs;
  FaktoryAuth& auth;
  runtime::WorkerPool& workers;
  base::Entropy& entropy;
  obs::Counter& commands;
  obs::Counter& errors;
};

class FaktorySession final : public net::StreamSession {
 public:
  static constexpr std::size_t kMaxLineBytes = 4 * 1024 * 1024;
  static constexpr base::Millis kRecheck{5'000};
  static constexpr base::Millis kPatience{10'000};  // of a command with the workers

  FaktorySession(net::Stream& stream, FaktoryService& service);
  ~FaktorySession() override;
  FaktorySession(const FaktorySession&) = delete;
  FaktorySession& operator=(const FaktorySession&) = delete;

  std::size_t on_input(std::string_view input, std::string& output) override;
  void fill_output(std::string& output) override;
  void on_end() override;
  [[nodiscard]] bool busy() const override { return busy_; }

 private:
  struct Link;  // how what runs elsewhere finds its way back
  using Reply = std::string;

  void run(std::string_view line);
  void hello(std::string_view argument);
  void fetch(std::string_view argument);
  void recheck();
  // `work` on a worker, its answer from there; one command at a time.
  void submit(std::function<Reply(FaktoryService&, const FaktoryClient&)> work);
  void answer(const Reply& reply);
  void say_error(std::string_view text);
  void close();

  net::Stream& stream_;
  FaktoryService& service_;
  const std::string salt_;
  std::optional<FaktoryClient> client_;  // after HELLO
  FaktoryProof proof_;
  base::Mono recheck_at_{};
  std::size_t scanned_ = 0;  // of the input, without an end of line
  bool busy_ = false;
  bool finished_ = false;
  std::string ready_;  // to be sent
  std::shared_ptr<Link> link_;
};

}  // namespace ashlar::tasks
