// SimWorld: payments from a seed: one tenant, one or two processes on one database, two acquirers,
// a clock. Each step is one throw of the dice: something is asked, a call arrives, an answer comes,
// a notice is told (twice, too late), time passes, the store refuses or loses an answer, a process
// dies.
//
// No thread but the store's: the same seed takes the same way.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "auditor.h"
#include "base/clock.h"
#include "base/entropy.h"
#include "base/random.h"
#include "modules/payments/payments.h"
#include "platform/observability/log.h"
#include "platform/observability/metrics.h"
#include "platform/storage/database.h"
#include "sim_process.h"
#include "sim_provider.h"

namespace ashlar::sim {

class SimWorld {
 public:
  static constexpr int kSteps = 90;
  static constexpr std::size_t kPayments = 6;

  SimWorld(std::uint64_t seed, storage::Database& db, base::TenantId tenant, std::size_t processes);
  ~SimWorld();
  SimWorld(const SimWorld&) = delete;
  SimWorld& operator=(const SimWorld&) = delete;

  // What is wrong; empty: nothing.
  std::vector<std::string> run();
  // Says what happens, step by step, on standard output.
  void trace() { traced_ = true; }
  struct Counts {
    std::int64_t asked = 0, predicted = 0, replays = 0, kills = 0, store_faults = 0, notices = 0,
                 unknown = 0;
  };
  [[nodiscard]] const Counts& counts() const { return counts_; }

 private:
  struct Asking {  // one time that an operation was asked
    Op op;
    Verdicts verdicts;  // empty: not predicted
    std::optional<std::string> verdict;
    std::string body;
    bool replayed = false;
  };
  struct Claim {  // what a key was answered
    int variant = 0;
    bool ended = false;
    int status = 0;
    std::string body;
  };

  template <class... Words>
  void say(const Words&... words) const {
    if (!traced_) return;
    std::string line;
    ((line += " " + text_of(words)), ...);
    std::printf("%s\n", line.c_str());
  }
  static std::string text_of(std::string_view text) { return std::string(text); }
  static std::string text_of(std::int64_t number) { return std::to_string(number); }

  int dice(int sides) { return static_cast<int>(random_.below(static_cast<std::uint64_t>(sides))); }
  std::unique_ptr<SimProcess> make_process();
  SimProcess& some_process();
  SimProvider& some_provider();
  void finding(std::string text);

  void step();
  // House-keeping may meet the store's faults; nothing else.
  void check(const char* what, const base::Status& status);

  Op next_op();
  [[nodiscard]] payments::Asked asked_of(const Op& op) const;
  void ask(const Op& op, SimProcess& process);
  void answered(Asking& asking, base::Result<payments::Answered> result);
  // One key has one answer, for ever.
  void keep_claim(const Asking& asking, const payments::Answered& answer);

  // Everything that is queued is done. What was asked alone for its payment since the last time is
  // predicted from where that stood.
  void drain();
  void predict();
  [[nodiscard]] int repeats(const Op& op) const;
  std::optional<Payment> read(const std::string& id);
  void provider_step();
  void hear(const ProviderCall& call, const ProviderAnswer& answer, bool query) const;
  void notice();
  void tell(SimProvider& provider, const ProviderNotice& notice);

  // The process dies where it stands, and another one starts in its place.
  void kill(std::size_t which);
  void calm();
  // Nothing fails any more, and everything that was begun ends.
  void come_to_rest();
  // The books, the events and every payment against what the acquirers know (sim_audit.cc).
  void audit();
  // Nobody is left who waits for an answer.
  void finish();

  const std::uint64_t seed_;
  storage::Database& db_;
  const base::TenantId tenant_;
  base::Random random_;
  base::SeededEntropy entropy_;
  base::ManualClock clock_;
  obs::Registry registry_;
  obs::Log log_{obs::Level::kOff, 2, clock_, registry_};
  std::vector<std::string> findings_;
  SimProvider one_{"one", seed_, clock_, random_, findings_};
  SimProvider two_{"two", seed_, clock_, random_, findings_};
  SimProviders providers_{{&one_, &two_}};
  SimFace face_;
  std::vector<std::unique_ptr<SimProcess>> processes_, graves_;
  std::vector<std::shared_ptr<Asking>> asked_, queued_;
  std::map<std::string, Claim> claims_;
  std::vector<std::string> payments_;
  std::set<std::string> references_;
  bool heard_since_ = false;
  bool traced_ = false;
  Counts counts_;
};

}  // namespace ashlar::sim
