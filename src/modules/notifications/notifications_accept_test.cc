// What is accepted together, by itself and through the queue, on either engine.
#include <gtest/gtest.h>

#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "modules/notifications/accept_queue.h"
#include "modules/notifications/notification_store.h"
#include "modules/notifications/notifications.h"
#include "modules/notifications/send_job.h"
#include "modules/notifications/template/templates.h"
#include "modules/notifications/testing/recipients_fixture.h"
#include "platform/jobs/jobs.h"
#include "platform/observability/log.h"
#include "platform/observability/metrics.h"
#include "platform/storage/database.h"

namespace ashlar::notifications {
namespace {

using storage::Context;
using storage::Transaction;
using Accepted = Notifications::Accepted;

class NotificationsAcceptTest : public RecipientsFixture {
 protected:
  void SetUp() override {
    RecipientsFixture::SetUp();
    if (IsSkipped()) return;
    jobs_ = std::make_unique<jobs::Jobs>(jobs::Jobs::Options{}, db(), clock_, metrics_, log_);
    templates_ = std::make_unique<Templates>(db(), zones_, clock_);
    notifications_ =
        std::make_unique<Notifications>(*jobs_, *templates_, zones_, clock_, db().dialect());
    for (const base::TenantId tenant : {kAlice, kBob}) {
      for (const char* user : {"ann", "bea", "cat"}) {
        put("/v1/recipients/" + std::string(user),
            R"({"email":")" + std::string(user) + R"(@example.com","phone":"+431234567"})", tenant);
      }
      put("/v1/recipients/wary",
          R"({"email":"w@example.com","preferences":{"categories":{"news":false}}})", tenant);
      put("/v1/notification-categories/offers",
          R"({"title":"O","caps":[{"max":2,"per":"day","excess":"skip"}]})", tenant);
      post("/v1/notification-suppressions",
           R"({"channel":"email","address":"bea@example.com","category":"news"})", tenant);
      post("/v1/recipients/cat/devices", R"({"platform":"fcm","token":"t"})", tenant);
    }
  }

  Notification to(const std::string& user, const std::string& category = {},
                  const std::string& channels = {}) {
    Notification n;
    n.user_id = user;
    n.category = category;
    n.channels = channels;
    n.content = R"({"subject":"s","text":"t"})";
    n.created_at = clock_.now();
    return n;
  }
  // One of each kind.
  std::vector<Notification> mixed() {
    std::vector<Notification> all{to("ann"),           to("ann", "news"),     to("bea", "news"),
                                  to("bea"),           to("wary", "news"),    to("nobody"),
                                  to("cat"),           to("cat", "", "push"), to("ann", "", "sms"),
                                  to("ann", "offers"), to("bea", "offers")};
    for (int i = 0; i < 3; ++i) all.push_back(to("ann", "offers"));
    for (const char* key : {"k", "l", "k"}) {
      all.push_back(to("ann"));
      all.back().dedupe_key = key;
    }
    all.push_back(to(""));
    all.back().to_email = "Some@EXAMPLE.com";
    all.push_back(to(""));
    all.back().to_email = "no address";
    all.push_back(to(""));
    all.back().to_device = "999";
    all.push_back(to("ann"));
    all.back().data = "{}";
    all.push_back(to("ann"));
    all.back().send_at = clock_.now() + base::Seconds{60};
    for (int i = 0; i < 2; ++i) {
      all.push_back(to("cat"));
      all.back().digest_key = "d";
      all.back().digest_for = base::Seconds{60};
    }
    all.push_back(to("ann"));
    all.back().template_key = "none";
    return all;
  }

  std::vector<base::Result<Accepted>> accept_all(std::vector<Notification> wanted,
                                                 base::TenantId tenant) {
    auto made = db().write(Context::tenant(tenant), [&](Transaction& tx) {
      return notifications_->accept_many(tx, wanted);
    });
    EXPECT_TRUE(made.ok()) << made.error().detail;
    return made.ok() ? *made : std::vector<base::Result<Accepted>>();
  }
  // What is kept of it: state, reason, and the deliveries'.
  std::string story(NotificationId id, base::TenantId tenant) {
    std::string told;
    const auto read = db().read(Context::tenant(tenant), [&](Transaction& tx) -> base::Status {
      ASHLAR_ASSIGN(const auto n, store::find_notification(tx, id));
      ASHLAR_ASSIGN(const auto deliveries, store::deliveries_of(tx, id));
      told = std::string(name_of(n->state)) + " " + n->reason + " " + n->user_id + n->to_email +
             (n->planned ? " planned" : "");
      for (const Delivery& d : deliveries) {
        told += "; " + std::string(name_of(d.channel)) + " " + d.target.address + " " +
                std::string(name_of(d.state)) + " " + d.reason + " " + d.user_id;
      }
      return base::ok_status();
    });
    EXPECT_TRUE(read.ok());
    return told;
  }
  std::vector<std::string> stories(const std::vector<base::Result<Accepted>>& made,
                                   base::TenantId tenant) {
    std::vector<std::string> told;
    for (const auto& one : made) {
      told.push_back(one.ok() ? (one->existed ? "existed " : "") + story(one->id, tenant)
                              : std::string(one.error().reason) + " " + one.error().detail);
    }
    return told;
  }
  // Payloads without their numbers: kinds and keys, in their order.
  std::vector<std::string> jobs_of(base::TenantId tenant) {
    const auto views = db().read(Context::tenant(tenant), [&](Transaction& tx) {
      return jobs_->list(tx, tenant, {}, {}, 100);
    });
    EXPECT_TRUE(views.ok());
    std::vector<std::string> told;
    for (const jobs::JobView& job : *views) {
      told.push_back(job.kind + " " + job.queue + " " + job.key.value_or("-"));
    }
    return told;
  }

  obs::Registry metrics_;
  obs::Log log_{obs::Level::kOff, 2, clock_, metrics_};
  std::unique_ptr<jobs::Jobs> jobs_;
  std::unique_ptr<Templates> templates_;
  std::unique_ptr<Notifications> notifications_;
};

INSTANTIATE_TEST_SUITE_P(Storage, NotificationsAcceptTest, storage::both_engines(),
                         storage::engine_name);

TEST_P(NotificationsAcceptTest, ManyAreAsIfEachHadComeAlone) {
  const std::vector<std::string> together = stories(accept_all(mixed(), kAlice), kAlice);
  std::vector<base::Result<Accepted>> one_by_one;
  for (const Notification& one : mixed()) {
    one_by_one.push_back(db().write(
        Context::tenant(kBob), [&](Transaction& tx) { return notifications_->accept(tx, one); }));
  }
  EXPECT_EQ(together, stories(one_by_one, kBob));
  // The rules have been at work, and on what is of the same batch too.
  std::multiset<std::string> kept(together.begin(), together.end());
  EXPECT_EQ(kept.count("skipped frequency_cap ann planned; email ann@example.com skipped "
                       "frequency_cap ann"),
            2U);
  EXPECT_EQ(kept.count("existed accepted  ann planned; email ann@example.com accepted  ann"), 1U);
  EXPECT_EQ(kept.count("accepted digest cat planned"), 2U);
  std::vector<std::string> alice = jobs_of(kAlice), bob = jobs_of(kBob);
  std::ranges::sort(alice);
  std::ranges::sort(bob);
  EXPECT_EQ(alice, bob);
  EXPECT_FALSE(alice.empty());
}

TEST_P(NotificationsAcceptTest, WhatGoesToOneUserKeepsItsOrder) {
  std::vector<Notification> wanted;
  for (int i = 0; i < 20; ++i) wanted.push_back(to(i % 2 == 0 ? "ann" : "cat", "", "email"));
  const auto made = accept_all(wanted, kAlice);
  ASSERT_EQ(made.size(), 20U);
  for (std::size_t i = 1; i < made.size(); ++i) EXPECT_LT(made[i - 1]->id, made[i]->id);
  const auto views = db().read(Context::tenant(kAlice), [&](Transaction& tx) {
    return jobs_->list(tx, kAlice, {}, {}, 100);
  });
  ASSERT_EQ(views->size(), 20U);
  std::int64_t below = INT64_MAX;
  for (const jobs::JobView& job : *views) {  // the newest first
    const std::int64_t delivery = send_job_of(job.payload)->delivery.value;
    EXPECT_LT(delivery, below);
    below = delivery;
  }
}

// What came to the queue, until all have been answered.
class Answers {
 public:
  AcceptQueue::Done done() {
    return [this](base::Result<Accepted> result) {
      const std::lock_guard lock(mutex_);
      if (result.ok()) {
        ids_.insert(result->id.value);
      } else {
        reasons_.insert(result.error().reason);
      }
      ++count_;
      changed_.notify_all();
    };
  }
  void wait(int count) {
    std::unique_lock lock(mutex_);
    EXPECT_TRUE(changed_.wait_for(lock, std::chrono::seconds(60), [&] { return count_ >= count; }));
    EXPECT_EQ(count_, count);
  }
  std::set<std::int64_t> ids_;
  std::multiset<std::string> reasons_;

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  int count_ = 0;
};

TEST_P(NotificationsAcceptTest, TheQueueAnswersEachAndOneThatCannotBeWrittenFailsAlone) {
  Answers answers;
  {
    AcceptQueue queue(db(), *notifications_, clock_, metrics_);
    std::vector<std::thread> callers;
    for (int caller = 0; caller < 16; ++caller) {
      callers.emplace_back([&, caller] {
        for (int i = 0; i < 20; ++i) {
          Notification n = to(caller % 2 == 0 ? "ann" : "cat", "", "email");
          if (caller == 3 && i == 7) n.collapse_key = std::string("a\0b", 3);
          if (caller == 4 && i == 2) n.user_id = "nobody";
          const base::TenantId tenant = caller % 4 < 2 ? kAlice : kBob;
          queue.add({tenant, std::move(n), std::nullopt, answers.done()});
        }
      });
    }
    for (std::thread& one : callers) one.join();
    answers.wait(320);
  }
  EXPECT_EQ(answers.ids_.size(), 318U);
  EXPECT_EQ(answers.reasons_, (std::multiset<std::string>{"recipient_not_found", "storage_text"}));
}

TEST_P(NotificationsAcceptTest, TheQueueIsBoundedAndEndsWithAnAnswer) {
  Answers answers;
  AcceptQueue queue(db(), *notifications_, clock_, metrics_);
  Notification huge = to("ann");
  huge.content = std::string(AcceptQueue::kMaxWaitingBytes, 'x');
  queue.add({kAlice, std::move(huge), std::nullopt, answers.done()});
  answers.wait(1);
  queue.add({kAlice, to("ann"), clock_.mono(), answers.done()});  // too late when it is its turn
  answers.wait(2);
  queue.stop();
  queue.add({kAlice, to("ann"), std::nullopt, answers.done()});
  answers.wait(3);
  EXPECT_TRUE(answers.ids_.empty());
  EXPECT_EQ(answers.reasons_,
            (std::multiset<std::string>{"storage_busy", "storage_busy", "storage_deadline"}));
}

}  // namespace
}  // namespace ashlar::notifications
