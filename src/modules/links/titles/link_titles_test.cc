// From a link's creation to its title, with jobs, on both engines.
#include "modules/links/titles/link_titles.h"

#include <gtest/gtest.h>

#include <functional>
#include <string>

#include "modules/links/testing/links_fixture.h"
#include "platform/outbound/testing/fault_server.h"

namespace ashlar::links {
namespace {

using outbound::FaultServer;
using Reply = FaultServer::Reply;
using storage::Context;
using storage::Transaction;

class LinkTitlesTest : public LinksFixture {
 protected:
  void SetUp() override {
    LinksFixture::SetUp();
    if (IsSkipped()) return;
    jobs_ = std::make_unique<jobs::Jobs>(jobs::Jobs::Options{}, db(), clock_, metrics_, log_);
    titles_ = std::make_unique<LinkTitles>(TitleFetcher::Options{.allow_private = true}, db(),
                                           links_, jobs_.get(), system_clock_, metrics_);
  }
  void TearDown() override {
    titles_.reset();
    jobs_.reset();
    LinksFixture::TearDown();
  }

  void create(const std::string& code, const std::string& url, const std::string& title = "") {
    NewLink wanted;
    wanted.url = url;
    wanted.code = code;
    wanted.settings.title = title;
    const auto made = db().write(Context::tenant(kAlice), [&](Transaction& tx) -> base::Status {
      ASHLAR_ASSIGN(const Link link, links.create(tx, wanted));
      return titles_->ask(tx, link, "");
    });
    ASSERT_TRUE(made.ok()) << made.error().detail;
  }
  void change(const std::string& code, const LinkChange& change) {
    ASSERT_TRUE(db().write(Context::tenant(kAlice),
                           [&](Transaction& tx) {
                             return links.update(tx, {.code = code}, change, std::nullopt);
                           })
                    .ok());
  }
  std::string title_of(const std::string& code) {
    const auto link = db().read(Context::tenant(kAlice),
                                [&](Transaction& tx) { return links.find(tx, {.code = code}); });
    return link.ok() ? link->settings.title : link.error().reason;
  }

  // Works what is there; what became of it, oldest first.
  std::vector<jobs::Outcome> work() {
    std::vector<jobs::Outcome> outcomes;
    const auto leased =
        jobs_->lease({.kind = kTitleJob, .tenant = {}, .queue = {}, .max = 10, .worker = "test"});
    EXPECT_TRUE(leased.ok());
    const jobs::KindOptions kind = titles_->kind();
    for (const jobs::LeasedJob& job : *leased) {
      outcomes.push_back(std::get<jobs::Handler>(kind.handler)(
          {.job = job, .deadline = system_clock_.mono() + base::Millis{5'000}}));
    }
    return outcomes;
  }

  // Pages on this machine are no target of a link otherwise.
  Links links{"https://sho.rt", *OwnHosts::parse({"https://sho.rt"}), codes_, clock_};
  base::SystemClock system_clock_;
  std::unique_ptr<jobs::Jobs> jobs_;
  std::unique_ptr<LinkTitles> titles_;
};

INSTANTIATE_TEST_SUITE_P(Storage, LinkTitlesTest, storage::both_engines(), storage::engine_name);

constexpr const char* kHtml = "Content-Type: text/html\r\n";

TEST_P(LinkTitlesTest, APageGivesItsTitle) {
  FaultServer server([](const FaultServer::Request&) {
    return Reply{.body = "<title>A &amp; B</title>", .headers = kHtml};
  });
  create("page", server.url("/"));
  create("named", server.url("/"), "By hand");
  EXPECT_EQ(title_of("page"), "");
  const auto outcomes = work();
  ASSERT_EQ(outcomes.size(), 1U);  // the other one has a title
  EXPECT_EQ(outcomes[0].kind, jobs::Outcome::Kind::kDone);
  EXPECT_EQ(title_of("page"), "A & B");
  EXPECT_EQ(title_of("named"), "By hand");
}

TEST_P(LinkTitlesTest, WhatAPersonDidMeanwhileStays) {
  std::function<void()> meanwhile;
  FaultServer server([&](const FaultServer::Request&) {
    meanwhile();
    return Reply{.body = "<title>Of the page</title>", .headers = kHtml};
  });
  create("page", server.url("/"));
  LinkChange titled;
  titled.settings.title = "Of a person";
  meanwhile = [&] { change("page", titled); };
  work();
  EXPECT_EQ(title_of("page"), "Of a person");
  create("moved", server.url("/"));
  LinkChange moved;
  moved.url = "https://example.com/";
  meanwhile = [&] { change("moved", moved); };
  work();
  EXPECT_EQ(title_of("moved"), "");
}

TEST_P(LinkTitlesTest, WhatMayBeThereLaterIsAskedForAgainAndTheRestIsNot) {
  FaultServer server([](const FaultServer::Request& request) {
    return Reply{.status = std::stoi(request.target.substr(1)), .headers = kHtml};
  });
  create("busy", server.url("/503"));
  create("gone", server.url("/404"));
  const auto outcomes = work();
  ASSERT_EQ(outcomes.size(), 2U);
  EXPECT_EQ(outcomes[0].kind, jobs::Outcome::Kind::kFailed);
  EXPECT_EQ(outcomes[1].kind, jobs::Outcome::Kind::kDone);
  EXPECT_EQ(title_of("busy"), "");
}

// The default: a name or an address of this network is not even looked at.
TEST_P(LinkTitlesTest, NothingPrivateIsAsked) {
  FaultServer server([](const FaultServer::Request&) {
    return Reply{.body = "<title>Secret</title>", .headers = kHtml};
  });
  titles_ = std::make_unique<LinkTitles>(TitleFetcher::Options{}, db(), links, jobs_.get(),
                                         system_clock_, metrics_);
  create("page", server.url("/"));
  const auto outcomes = work();
  ASSERT_EQ(outcomes.size(), 1U);
  EXPECT_EQ(outcomes[0].kind, jobs::Outcome::Kind::kDead);
  EXPECT_EQ(server.requests(), 0);
  EXPECT_EQ(title_of("page"), "");
}

// A tenant cannot turn this server against one host.
TEST_P(LinkTitlesTest, AFewAtOnceOfOneHost) {
  for (int i = 0; i < 6; ++i) {
    create("page" + std::to_string(i), "https://example.com/" + std::to_string(i));
  }
  const auto leased =
      jobs_->lease({.kind = kTitleJob, .tenant = {}, .queue = {}, .max = 10, .worker = "test"});
  ASSERT_TRUE(leased.ok());
  EXPECT_EQ(leased->size(), static_cast<std::size_t>(LinkTitles::kPerHost));
}

}  // namespace
}  // namespace ashlar::links
