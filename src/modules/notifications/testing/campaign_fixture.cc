#include "modules/notifications/testing/campaign_fixture.h"

#include <algorithm>
#include <chrono>
#include <semaphore>
#include <utility>

#include "modules/notifications/recipients_store.h"

namespace ashlar::notifications {
namespace {

constexpr std::chrono::seconds kLongest{20};
constexpr std::chrono::milliseconds kLook{2};
constexpr std::chrono::milliseconds kRest{60};
constexpr base::Millis kStep{250};
constexpr int kSteps = 80;

}  // namespace

CampaignFixture::Instance::Instance(CampaignFixture& own, bool catches)
    : db(std::move(own.store_->open()).value()),
      templates(*db, own.zones_, own.clock_),
      pool([&own](base::TenantId) { return base::Result<std::vector<ProviderSpec>>(own.specs_); },
           3, own.clock_, metrics, own.log_),
      services({.catches = catches, .seed = 5}, *db, pool, templates, own.links_, *own.feed_,
               own.zones_, own.clock_, metrics, own.log_),
      runner(services) {
  runner.start();
}

CampaignFixture::Instance::~Instance() {
  runner.wind_up(base::Millis{0});
  pool.close();
  runner.stop();
}

void CampaignFixture::SetUp() {
  store_ = storage::make_product_store(GetParam());
  if (!store_) GTEST_SKIP() << storage::kNoPostgres;
  jobs_db_ = std::move(store_->open()).value();
  jobs_ = std::make_unique<jobs::Jobs>(jobs::Jobs::Options{}, *jobs_db_, clock_, metrics_, log_);
  feed_ = std::make_unique<CampaignFeed>(*jobs_, clock_);
  one_ = std::make_unique<Instance>(*this, false);
}

void CampaignFixture::TearDown() {
  for (auto& [id, script] : scripts_) script.release();
  one_.reset();
  feed_.reset();
  jobs_.reset();
}

ProviderSpec& CampaignFixture::add_provider(std::int64_t id, Channel channel,
                                            const std::string& type) {
  ProviderSpec spec;
  spec.id = ProviderId(id);
  spec.version = 1;
  spec.name = "provider-" + std::to_string(id);
  spec.type = type;
  spec.channel = channel;
  spec.priority = id;
  spec.weight = 100;
  spec.max_running = 10'000;
  spec.make = [this, id]() -> base::Result<std::unique_ptr<Provider>> {
    return scripts_[id].make();
  };
  specs_.push_back(std::move(spec));
  one_->pool.forget_all();
  return specs_.back();
}

void CampaignFixture::add_recipient(const std::string& user,
                                    const std::function<void(Recipient&)>& change) {
  Recipient recipient;
  recipient.user_id = user;
  recipient.phone = "+4916000000" + std::to_string(10 + std::hash<std::string>{}(user) % 90);
  if (change) change(recipient);
  run([&](storage::Transaction& tx) { return store::put_recipient(tx, recipient, clock_.now()); });
}

std::string CampaignFixture::phone(int i) { return "+49151" + std::to_string(10'000'000 + i); }

std::vector<Member> CampaignFixture::phones(int from, int count) {
  std::vector<Member> members;
  for (int i = 0; i < count; ++i) members.push_back({Member::Kind::kPhone, phone(from + i)});
  return members;
}

Campaign CampaignFixture::launch(const std::vector<Member>& members,
                                 const std::function<void(Campaign&)>& change) {
  Campaign c;
  c.tenant = kAlice;
  c.name = "spring";
  c.channel = Channel::kSms;
  c.category = "news";
  c.message.content = R"({"subject":"Hello","text":"World"})";
  c.state = CampaignState::kRunning;
  c.planned = true;
  c.created_at = c.updated_at = clock_.now();
  c.started_at = clock_.now();
  if (change) change(c);
  return run([&](storage::Transaction& tx) -> base::Result<Campaign> {
    Campaign made = c;
    ASHLAR_ASSIGN(const store::MadeCampaign inserted, store::insert_campaign(tx, made));
    made.id = inserted.id;
    for (std::size_t at = 0; at < members.size(); at += kChunkMembers) {
      const std::size_t count = std::min(kChunkMembers, members.size() - at);
      ++made.chunks;
      ASHLAR_TRY(store::insert_chunk(tx, made, made.chunks, std::span(members).subspan(at, count)));
    }
    made.audience = static_cast<std::int64_t>(members.size());
    ASHLAR_ASSIGN(std::optional<Campaign> locked, store::lock_campaign(tx, made.id));
    ASHLAR_TRY(store::update_campaign(tx, made));
    ASHLAR_TRY(feed_->feed(tx, made));
    return made;
  });
}

std::vector<CampaignFixture::Begun> CampaignFixture::begin(Instance& instance) {
  std::vector<Begun> begun;
  auto leased = jobs_->lease({.kind = kCampaignChunkJob, .max = 16, .worker = "test"});
  EXPECT_TRUE(leased.ok());
  for (jobs::LeasedJob& job : *leased) {
    auto promise = std::make_shared<std::promise<jobs::Outcome>>();
    begun.push_back({std::move(job), promise->get_future()});
    instance.runner.attempt(
        jobs::Attempt{begun.back().job, clock_.mono() + base::Seconds{600}},
        [promise](jobs::Outcome outcome) { promise->set_value(std::move(outcome)); });
  }
  return begun;
}

void CampaignFixture::finish(std::vector<Begun>& begun) {
  std::vector<jobs::Ended> ended;
  for (Begun& one : begun) {
    // Who waits for a moment does so on the clock that is driven by hand.
    bool ready = false;
    for (int i = 0; i < kSteps && !ready; ++i) {
      ready = one.outcome.wait_for(kStep) == std::future_status::ready;
      if (!ready && i > 0) clock_.advance(kStep);
    }
    ASSERT_TRUE(ready) << "a chunk hangs";
    ended.push_back({one.job.ref, one.outcome.get()});
  }
  begun.clear();
  EXPECT_TRUE(jobs_->end_many(ended).ok());
  EXPECT_TRUE(jobs_->tend().ok());
}

void CampaignFixture::work_with(Instance& instance) {
  while (true) {
    std::vector<Begun> begun = begin(instance);
    if (begun.empty()) return;
    finish(begun);
    if (HasFatalFailure()) return;
  }
}

void CampaignFixture::advance(base::Micros by) {
  clock_.advance(by);
  EXPECT_TRUE(jobs_->tend().ok());
}

void CampaignFixture::eventually(const std::function<bool()>& holds) {
  std::binary_semaphore never{0};
  for (int i = 0; i < kLongest / kLook; ++i) {
    if (holds()) return;
    [[maybe_unused]] const bool acquired = never.try_acquire_for(kLook);
  }
  ADD_FAILURE() << "it never came to hold";
}

void CampaignFixture::rest() {
  std::binary_semaphore never{0};
  [[maybe_unused]] const bool acquired = never.try_acquire_for(kRest);
}

Campaign CampaignFixture::campaign(CampaignId id) {
  return *run([&](storage::Transaction& tx) { return store::find_campaign(tx, id); });
}

CampaignCounts CampaignFixture::counts(CampaignId id) {
  return run([&](storage::Transaction& tx) { return store::count_campaign(tx, id); });
}

store::LoadedChunk CampaignFixture::chunk(CampaignId id, std::int64_t no) {
  return *run([&](storage::Transaction& tx) { return store::load_chunk(tx, {id, no}); });
}

void CampaignFixture::set_state(CampaignId id, CampaignState state) {
  run([&](storage::Transaction& tx) -> base::Result<bool> {
    ASHLAR_ASSIGN(std::optional<Campaign> found, store::lock_campaign(tx, id));
    found->state = state;
    ASHLAR_TRY(store::update_campaign(tx, *found));
    return true;
  });
}

void CampaignFixture::feed(CampaignId id) {
  run([&](storage::Transaction& tx) -> base::Result<bool> {
    ASHLAR_ASSIGN(std::optional<Campaign> found, store::lock_campaign(tx, id));
    ASHLAR_TRY(feed_->feed(tx, *found));
    return true;
  });
}

double CampaignFixture::metric(const std::string& line) const {
  const std::string text = one_->metrics.render();
  const std::size_t at = text.find("\n" + line + " ");
  return at == std::string::npos ? -1 : std::stod(text.substr(at + line.size() + 2));
}

}  // namespace ashlar::notifications
