// ScriptedProvider: answers as a test says, and remembers what it was given.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "modules/notifications/provider.h"

namespace ashlar::notifications {

// Shared by the test and the provider that the pool has made of it.
class ProviderScript {
 public:
  using Answer = std::function<SendResult(const Outgoing&)>;

  // The next messages get these, those after them what always() says; at first kAccepted.
  void answer_with(std::vector<SendResult> results);
  void always(Answer answer);
  void always(Verdict verdict);
  // What is sent from now on is not answered until release().
  void hold();
  void release();

  [[nodiscard]] std::vector<Outgoing> sent() const;
  [[nodiscard]] std::size_t count() const;

  [[nodiscard]] std::unique_ptr<Provider> make();

 private:
  friend class ScriptedProvider;
  void take(Outgoing message, Provider::Done done);

  mutable std::mutex mutex_;  // guards what follows
  std::vector<Outgoing> sent_;
  std::deque<SendResult> next_;
  Answer always_;
  bool holding_ = false;
  std::vector<std::pair<Provider::Done, SendResult>> held_;
};

inline SendResult verdict(Verdict verdict) {
  SendResult result;
  result.verdict = verdict;
  return result;
}

}  // namespace ashlar::notifications
