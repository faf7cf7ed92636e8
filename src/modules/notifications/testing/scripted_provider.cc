#include "modules/notifications/testing/scripted_provider.h"

namespace ashlar::notifications {

class ScriptedProvider final : public Provider {
 public:
  explicit ScriptedProvider(ProviderScript& script) : script_(script) {}
  void send(Outgoing message, Done done) override {
    script_.take(std::move(message), std::move(done));
  }

 private:
  ProviderScript& script_;
};

void ProviderScript::answer_with(std::vector<SendResult> results) {
  const std::lock_guard lock(mutex_);
  next_.assign(results.begin(), results.end());
}

void ProviderScript::always(Answer answer) {
  const std::lock_guard lock(mutex_);
  always_ = std::move(answer);
}

void ProviderScript::always(Verdict answer) {
  always([answer](const Outgoing&) { return verdict(answer); });
}

void ProviderScript::hold() {
  const std::lock_guard lock(mutex_);
  holding_ = true;
}

void ProviderScript::release() {
  std::vector<std::pair<Provider::Done, SendResult>> held;
  {
    const std::lock_guard lock(mutex_);
    holding_ = false;
    held.swap(held_);
  }
  for (auto& [done, result] : held) done(std::move(result));
}

std::vector<Outgoing> ProviderScript::sent() const {
  const std::lock_guard lock(mutex_);
  return sent_;
}

std::size_t ProviderScript::count() const {
  const std::lock_guard lock(mutex_);
  return sent_.size();
}

std::unique_ptr<Provider> ProviderScript::make() {
  return std::make_unique<ScriptedProvider>(*this);
}

void ProviderScript::take(Outgoing message, Provider::Done done) {
  SendResult result = verdict(Verdict::kAccepted);
  {
    const std::lock_guard lock(mutex_);
    if (!next_.empty()) {
      result = next_.front();
      next_.pop_front();
    } else if (always_) {
      result = always_(message);
    }
    sent_.push_back(std::move(message));
    if (holding_) {
      held_.emplace_back(std::move(done), std::move(result));
      return;
    }
  }
  done(std::move(result));
}

}  // namespace ashlar::notifications
