// SandboxFixture: an empty database on either engine, a clock moved by hand, and a Sandbox without
// a thread on them: ask() sends a call and works until it is answered.
//
//   INSTANTIATE_TEST_SUITE_P(Storage, XTest, storage::both_engines(), storage::engine_name);
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "modules/payments/providers/sandbox.h"
#include "modules/payments/providers/sandbox_store.h"
#include "platform/observability/log.h"
#include "platform/observability/metrics.h"
#include "platform/storage/testing/product_store.h"

namespace ashlar::payments {

inline constexpr base::TenantId kAda{1};
inline constexpr base::TenantId kBela{2};

class SandboxFixture : public ::testing::TestWithParam<storage::Dialect> {
 protected:
  void SetUp() override {
    store_ = storage::make_product_store(GetParam());
    if (!store_) GTEST_SKIP() << storage::kNoPostgres;
    db_ = std::move(store_->open()).value();
    sandbox_ = make({});
  }
  void TearDown() override {
    sandbox_.reset();
    db_.reset();
  }

  // As after a restart: on the same book.
  std::unique_ptr<Sandbox> make(const SandboxFaults& faults, SandboxTerms terms = {}) {
    terms.secret = std::string(Sandbox::kSecretBytes, 's');
    terms.public_url = "http://pay.test";
    auto sandbox =
        std::make_unique<Sandbox>(Sandbox::Options{.terms = std::move(terms), .faults = faults},
                                  *db_, clock_, metrics_, log_);
    sandbox->tell([this, reader = sandbox.get()](const Sandbox::Webhook& webhook,
                                                 const std::function<void(base::Status)>& taken) {
      webhooks_.push_back(webhook);
      const auto read = reader->read_webhook(webhook.body, webhook.headers);
      EXPECT_TRUE(read.ok());
      if (read.ok()) told_.insert(told_.end(), read->begin(), read->end());
      if (refuse_ == 0) return taken(base::ok_status());
      --refuse_;
      taken(base::fail(base::Code::kUnavailable, "test", "not now"));
    });
    return sandbox;
  }

  static ProviderCall call(ProviderOp op, std::string key, std::int64_t amount,
                           std::string reference = {}) {
    ProviderCall made;
    made.op = op;
    made.tenant = kAda;
    made.key = std::move(key);
    made.amount = amount;
    made.currency = "usd";
    made.reference = std::move(reference);
    return made;
  }
  static ProviderCall authorize(std::string key, std::int64_t amount,
                                std::string token = "pm_card_visa", bool capture = false) {
    ProviderCall made = call(ProviderOp::kAuthorize, std::move(key), amount);
    made.token = std::move(token);
    made.capture = capture;
    return made;
  }

  ProviderAnswer ask(ProviderCall given) {
    std::optional<ProviderAnswer> answer;
    sandbox_->submit(std::move(given), [&](ProviderAnswer got) { answer = std::move(got); });
    sandbox_->run_once();
    EXPECT_TRUE(answer.has_value());
    return answer.value_or(ProviderAnswer{});
  }
  ProviderAnswer query(ProviderCall given) {
    std::optional<ProviderAnswer> answer;
    sandbox_->query(std::move(given), [&](ProviderAnswer got) { answer = std::move(got); });
    sandbox_->run_once();
    EXPECT_TRUE(answer.has_value());
    return answer.value_or(ProviderAnswer{});
  }
  void advance(base::Micros by) {
    clock_.advance(by);
    sandbox_->drain();
  }

  // What was told, read as the core would, when it was told.
  std::vector<ProviderNotice>& notices() { return told_; }
  std::vector<NoticeKind> kinds() {
    std::vector<NoticeKind> all;
    for (const ProviderNotice& notice : notices()) all.push_back(notice.kind);
    return all;
  }
  // How often money has moved under a key; -1: the key was never heard of.
  std::int64_t moves(const std::string& key) {
    const auto view = sandbox_->view(kAda, key);
    EXPECT_TRUE(view.ok());
    return view.ok() && view->has_value() ? (*view)->moves : -1;
  }

  std::unique_ptr<storage::TestStore> store_;
  std::unique_ptr<storage::Database> db_;
  base::ManualClock clock_;
  obs::Registry metrics_;
  obs::Log log_{obs::Level::kOff, 2, clock_, metrics_};
  std::unique_ptr<Sandbox> sandbox_;
  std::vector<Sandbox::Webhook> webhooks_;
  std::vector<ProviderNotice> told_;
  int refuse_ = 0;  // so many notices are not taken
};

}  // namespace ashlar::payments
