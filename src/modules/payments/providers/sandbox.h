// Sandbox: a card acquirer of our own, for tests, demonstrations and first steps: no money moves.
//
// It keeps its book as a bank would: in tables of its own, in transactions of its own, which
// outlive whatever becomes of us; and it tells of what happens by signed notices that it repeats
// until they are taken. With a seed it errs as networks and banks do (sandbox_faults.h), the same
// for the same seed and keys. docs/payment-providers.md lists its tokens.
//
//   submit() ──> queue ──run_once(): many calls, one commit──> done(), after the commit
//                          ├── objects whose time has come (sandbox_rules.h)
//                          └── notices that are due ──> tell() ──taken──> no more of it
//
// Promises, beside those of provider.h
//  1. done(applied) after the commit is durable. A commit whose outcome is not known is kUnknown.
//  2. Calls take effect in the order of submit(), within this process.
//  3. At most max_queued calls wait: more are kNotDone, at once.
//  4. A notice is told until it is taken, with pauses that grow to a minute; each at least once.
//
// start() makes the thread that calls run_once(); without it run_once() and drain() do its work on
// the caller's (tests, simulation; one at a time). Other functions: any thread.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/strong_id.h"
#include "base/time.h"
#include "modules/payments/providers/provider.h"
#include "modules/payments/providers/sandbox_rules.h"

namespace ashlar::base {
class Clock;
}
namespace ashlar::obs {
class Log;
class Registry;
}  // namespace ashlar::obs
namespace ashlar::storage {
class Database;
}

namespace ashlar::payments {

struct SandboxStatement;
namespace store {
struct KeyView;
}

class Sandbox final : public Provider {
 public:
  static constexpr std::size_t kMaxBatch = 512;
  static constexpr std::size_t kSecretBytes = 32;

  struct Webhook {
    std::string body;
    Headers headers;
  };
  // Calls `taken` once, from any thread, also before it returns. An error: it is told again.
  using Tell = std::function<void(const Webhook&, std::function<void(base::Status)> taken)>;

  struct Options {
    SandboxTerms terms;  // REQUIRES: a secret of kSecretBytes
    SandboxFaults faults = {};
    std::size_t max_queued = 20'000;
  };
  // All outlive it.
  Sandbox(Options options, storage::Database& db, const base::Clock& clock, obs::Registry& metrics,
          obs::Log& log);
  ~Sandbox() override;  // stop()
  Sandbox(const Sandbox&) = delete;
  Sandbox& operator=(const Sandbox&) = delete;

  // Who hears of its notices; before the first run. Without one they are kept.
  void tell(Tell tell);

  [[nodiscard]] std::string_view name() const override;
  void submit(ProviderCall call, Done done) override;
  void query(ProviderCall call, Done done) override;
  base::Result<std::vector<ProviderNotice>> read_webhook(std::string_view body,
                                                         const Headers& headers) override;
  [[nodiscard]] base::Seconds remembers() const override;
  [[nodiscard]] base::Seconds settles_after() const override;
  [[nodiscard]] std::optional<CardFace> face_of(std::string_view token) const override;
  [[nodiscard]] bool takes(std::string_view token) const override;  // those that it knows

  void start();
  // What is queued is kNotDone, what waits for its answer kUnknown. Idempotent.
  void stop();

  // One turn; how much was done in it: 0 where there was nothing to do.
  std::size_t run_once();
  // Until there is nothing to do at the clock's time.
  void drain();
  // When there will be, as far as the last turn knew; a simulation moves its clock there.
  [[nodiscard]] std::optional<base::Time> next_at() const;

  // The customer's page. kNotFound action_not_found, kConflict action_over.
  struct Action {
    std::int64_t amount = 0;
    std::string currency, network, last4;
  };
  base::Result<Action> action(std::string_view token);
  base::Status decide(std::string_view token, bool approves);

  // What tests hold against our own books. nullopt: the key was never heard of.
  base::Result<std::optional<store::KeyView>> view(base::TenantId tenant, const std::string& key);
  // Of one day, UTC; with errors planted where it is hostile. kInvalid statement_too_large.
  base::Result<SandboxStatement> statement(base::TenantId tenant, base::Time day);
  // Keys under which money has moved more than once: 0.
  base::Result<std::int64_t> moved_twice(base::TenantId tenant);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace ashlar::payments
