#include "modules/notifications/testing/sending_fixture.h"

#include <functional>
#include <future>
#include <semaphore>
#include <utility>

#include "modules/notifications/send_job.h"

namespace ashlar::notifications {
namespace {

constexpr storage::Sql kEvents{storage::Audience::kPlatform,
                               "SELECT type, payload FROM outbox ORDER BY seq"};

}  // namespace

base::Result<RenderedMessage> ScriptedRenderer::render(const Notification& notification,
                                                       const Delivery& /*delivery*/) {
  if (refused) return *refused;
  ASHLAR_ASSIGN(Rendered content, rendered_content(notification.content));
  return RenderedMessage{std::move(content), unsubscribe_url};
}

SendingFixture::Instance::Instance(SendingFixture& own, bool catches)
    : db(std::move(own.store_->open()).value()),
      pool([&own](base::TenantId) { return base::Result<std::vector<ProviderSpec>>(own.specs_); },
           3, own.clock_, metrics, own.log_),
      recorder(*db, *own.jobs_, *own.outbox_, own.clock_, metrics, own.log_),
      sender({.catches = catches, .seed = 5}, *db, pool, own.renderer_, recorder, own.clock_,
             metrics, own.log_) {}

void SendingFixture::SetUp() {
  store_ = storage::make_product_store(GetParam());
  if (!store_) GTEST_SKIP() << storage::kNoPostgres;
  jobs_db_ = std::move(store_->open()).value();
  jobs_ = std::make_unique<jobs::Jobs>(jobs::Jobs::Options{}, *jobs_db_, clock_, metrics_, log_);
  jobs_->set_retry(std::string(kSendJob), {.delays = {base::Millis{1}}, .jitter = 0});
  outbox_ = std::make_unique<events::Outbox>(clock_, entropy_, [] {});
  one_ = std::make_unique<Instance>(*this, false);
}

void SendingFixture::TearDown() {
  one_.reset();
  jobs_.reset();
}

ProviderSpec& SendingFixture::add_provider(std::int64_t id, Channel channel,
                                           const std::string& type) {
  ProviderSpec spec;
  spec.id = ProviderId(id);
  spec.version = 1;
  spec.name = "provider-" + std::to_string(id);
  spec.type = type;
  spec.channel = channel;
  spec.priority = id;
  spec.weight = 100;
  spec.max_running = 1000;
  spec.make = [this, id]() -> base::Result<std::unique_ptr<Provider>> {
    return scripts_[id].make();
  };
  specs_.push_back(std::move(spec));
  one_->pool.forget_all();
  return specs_.back();
}

SendingFixture::Planned SendingFixture::plan(const std::string& user, Channel channel,
                                             const Change& change, base::TenantId tenant) {
  Notification n;
  n.user_id = user;
  n.category = "news";
  n.content = R"({"subject":"Hello","text":"World"})";
  n.created_at = clock_.now();
  Delivery d;
  d.tenant = tenant;
  d.channel = channel;
  d.user_id = user;
  d.target.address = channel == Channel::kEmail ? user + "@example.com" : "+4915112345678";
  if (change) change(n, d);
  d.created_at = clock_.now();
  return run(
      [&](storage::Transaction& tx) -> base::Result<Planned> {
        ASHLAR_ASSIGN(const store::Accepted accepted, store::insert_notification(tx, n));
        ASHLAR_TRY(store::set_planned(tx, accepted.id, State::kQueued, "", clock_.now()));
        d.notification = accepted.id;
        ASHLAR_ASSIGN(d.id, store::insert_delivery(tx, d, n.category, false));
        ASHLAR_TRY(jobs_->enqueue(tx, first_job_of(d, n.priority, {})));
        return Planned{accepted.id, d.id};
      },
      tenant);
}

int SendingFixture::work_with(Instance& instance) {
  int worked = 0;
  while (true) {
    const auto leased = jobs_->lease({.kind = kSendJob, .max = 100, .worker = "test"});
    EXPECT_TRUE(leased.ok());
    if (!leased.ok() || leased->empty()) return worked;
    std::vector<std::future<jobs::Outcome>> outcomes;
    for (const jobs::LeasedJob& job : *leased) {
      auto promise = std::make_shared<std::promise<jobs::Outcome>>();
      outcomes.push_back(promise->get_future());
      instance.sender.attempt(
          jobs::Attempt{job, clock_.mono() + base::Seconds{60}},
          [promise](jobs::Outcome outcome) { promise->set_value(std::move(outcome)); });
    }
    std::vector<jobs::Ended> ended;
    for (std::size_t i = 0; i < leased->size(); ++i) {
      ended.push_back({(*leased)[i].ref, outcomes[i].get()});
    }
    worked += static_cast<int>(ended.size());
    EXPECT_TRUE(jobs_->end_many(ended).ok());
    EXPECT_TRUE(jobs_->tend().ok());
  }
}

bool SendingFixture::comes_to(const std::function<std::size_t()>& is, std::size_t count) {
  std::binary_semaphore never{0};
  for (int look = 0; look < 1'000 && is() < count; ++look) {
    [[maybe_unused]] const bool acquired = never.try_acquire_for(base::Millis{10});
  }
  return is() == count;
}

bool SendingFixture::comes_to(std::int64_t provider, std::size_t count) {
  return comes_to([&] { return script(provider).count(); }, count);
}

void SendingFixture::lose_one() {
  const auto leased = jobs_->lease({.kind = kSendJob, .max = 1, .worker = "dies"});
  ASSERT_TRUE(leased.ok());
  ASSERT_EQ(leased->size(), 1U);
  advance(base::Seconds{31});
}

void SendingFixture::advance(base::Micros by) {
  clock_.advance(by);
  EXPECT_TRUE(jobs_->tend().ok());
}

Delivery SendingFixture::delivery_of(const Planned& planned, base::TenantId tenant) {
  return run(
      [&](storage::Transaction& tx) -> base::Result<Delivery> {
        ASHLAR_ASSIGN(const auto all, store::deliveries_of(tx, planned.notification));
        for (const Delivery& d : all) {
          if (d.id == planned.delivery) return d;
        }
        return base::fail(base::Code::kNotFound, "gone", "");
      },
      tenant);
}

State SendingFixture::state_of(const Planned& planned, base::TenantId tenant) {
  return run(
      [&](storage::Transaction& tx) -> base::Result<State> {
        ASHLAR_ASSIGN(const auto found, store::find_notification(tx, planned.notification));
        return found->state;
      },
      tenant);
}

std::vector<AttemptRecord> SendingFixture::attempts_of(const Planned& planned) {
  return run(
      [&](storage::Transaction& tx) { return store::attempts_of(tx, planned.notification); });
}

std::vector<std::string> SendingFixture::events() {
  std::vector<std::string> found;
  const auto read = db().read(storage::Context::platform(storage::PlatformUse::kMaintenance),
                              [&](storage::Transaction& tx) {
                                return tx.query(kEvents, {}, [&](const storage::Row& row) {
                                  const std::string data(row.text(1));
                                  const std::size_t at = data.find(R"("reason":)");
                                  found.push_back(std::string(row.text(0)) + " " +
                                                  data.substr(at + 9, data.size() - at - 10));
                                });
                              });
  EXPECT_TRUE(read.ok()) << read.error().detail;
  return found;
}

double SendingFixture::metric(const std::string& line) const {
  const std::string text = one_->metrics.render();
  const std::size_t at = text.find("\n" + line + " ");
  return at == std::string::npos ? -1 : std::stod(text.substr(at + line.size() + 2));
}

}  // namespace ashlar::notifications
