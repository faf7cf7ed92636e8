// SendingFixture: all that comes after planning, on either engine, on a clock driven by hand and
// with providers that answer as a test says.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/entropy.h"
#include "modules/notifications/delivery_store.h"
#include "modules/notifications/notification_store.h"
#include "modules/notifications/provider_pool.h"
#include "modules/notifications/send_recorder.h"
#include "modules/notifications/sender.h"
#include "modules/notifications/testing/scripted_provider.h"
#include "platform/events/outbox.h"
#include "platform/jobs/jobs.h"
#include "platform/observability/log.h"
#include "platform/observability/metrics.h"
#include "platform/storage/database.h"
#include "platform/storage/testing/product_store.h"

namespace ashlar::notifications {

inline constexpr base::TenantId kAlice{1};
inline constexpr base::TenantId kBob{2};

// Its content is what is rendered, but where `refused` says otherwise.
class ScriptedRenderer final : public Renderer {
 public:
  base::Result<RenderedMessage> render(const Notification& notification,
                                       const Delivery& delivery) override;
  std::optional<base::Error> refused;
  std::string unsubscribe_url;
};

class SendingFixture : public ::testing::TestWithParam<storage::Dialect> {
 protected:
  // What one process has.
  struct Instance {
    Instance(SendingFixture& own, bool catches);
    std::unique_ptr<storage::Database> db;
    obs::Registry metrics;
    ProviderPool pool;
    SendRecorder recorder;
    Sender sender;
  };

  void SetUp() override;
  void TearDown() override;

  ProviderSpec& add_provider(std::int64_t id, Channel channel = Channel::kSms,
                             const std::string& type = "test");

  struct Planned {
    NotificationId notification;
    DeliveryId delivery;
  };
  // A notification with one delivery and its job. `change` may change both before they are written.
  using Change = std::function<void(Notification&, Delivery&)>;
  Planned plan(const std::string& user, Channel channel = Channel::kSms, const Change& change = {},
               base::TenantId tenant = kAlice);
  Planned plan(const Change& change) { return plan("carol", Channel::kSms, change); }

  // All jobs that may be worked now, and those that become so meanwhile; how many.
  int work() { return work_with(*one_); }
  int work_with(Instance& instance);
  // Leased by somebody who dies: its lease runs out.
  void lose_one();
  void advance(base::Micros by);  // and what is due by then is ready

  Delivery delivery_of(const Planned& planned, base::TenantId tenant = kAlice);
  State state_of(const Planned& planned, base::TenantId tenant = kAlice);  // the notification's
  std::vector<AttemptRecord> attempts_of(const Planned& planned);
  std::vector<std::string> events();  // "type reason", in order
  [[nodiscard]] double metric(const std::string& line) const;

  template <class F>
  auto run(F&& fn, base::TenantId tenant = kAlice) {
    auto result = db().write(storage::Context::tenant(tenant), fn);
    EXPECT_TRUE(result.ok()) << result.error().reason << ": " << result.error().detail;
    return std::move(result).value();
  }
  storage::Database& db() { return *one_->db; }
  // Deliveries are read by another thread: whether the provider has been given so many, soon.
  bool comes_to(std::int64_t provider, std::size_t count);
  static bool comes_to(const std::function<std::size_t()>& is, std::size_t count);
  ProviderScript& script(std::int64_t id) { return scripts_[id]; }

  std::unique_ptr<storage::TestStore> store_;
  base::ManualClock clock_;
  base::SeededEntropy entropy_{7};
  obs::Registry metrics_;
  obs::Log log_{obs::Level::kOff, 2, clock_, metrics_};
  std::unique_ptr<storage::Database> jobs_db_;
  std::unique_ptr<jobs::Jobs> jobs_;
  std::unique_ptr<events::Outbox> outbox_;
  std::map<std::int64_t, ProviderScript> scripts_;
  std::vector<ProviderSpec> specs_;
  ScriptedRenderer renderer_;
  std::unique_ptr<Instance> one_;
};

}  // namespace ashlar::notifications
