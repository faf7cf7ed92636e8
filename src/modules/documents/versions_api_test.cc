#include "modules/documents/versions_api.h"

#include <gtest/gtest.h>

#include <future>

#include "modules/documents/testing/documents_fixture.h"
#include "platform/http/call.h"
#include "platform/http/late_answer.h"
#include "platform/storage/testing/gated_database.h"

namespace ashlar::documents {
namespace {

class Late final : public http::LateAnswer {
 public:
  void complete(base::Result<http::Response> result) override {
    done_.set_value(std::move(result));
  }
  [[nodiscard]] bool is_wanted() const override { return true; }
  // "201", or why not.
  std::string wait() {
    const auto result = done_.get_future().get();
    return result.ok() ? std::to_string(result->status) : result.error().reason;
  }

 private:
  std::promise<base::Result<http::Response>> done_;
};

class VersionsApiTest : public DocumentsFixture {
 protected:
  // Of the document "a"; begun, not waited for.
  std::shared_ptr<Late> begin_name(Process& process) {
    apis_.push_back(std::make_unique<VersionsApi>(*process.module, cursors_));
    http::RequestHead head;
    http::Call call;
    call.head = &head;
    call.body = R"({"label":"v"})";
    call.path_params = {"a"};
    call.principal.kind = security::Principal::Kind::kKey;
    call.principal.tenant = kAlice;
    call.principal.key = security::KeyId(42);
    call.principal.scopes = {"documents:read", "documents:write"};
    call.deadline = process.clock.mono() + base::Seconds(60);
    auto late = std::make_shared<Late>();
    EXPECT_TRUE(apis_.back()->name(call, late).ok());
    return late;
  }

 private:
  const http::CursorCodec cursors_{kit::SipKey{1, 2}};
  std::vector<std::unique_ptr<VersionsApi>> apis_;
};

INSTANTIATE_TEST_SUITE_P(Storage, VersionsApiTest, storage::both_engines(), storage::engine_name);

TEST_P(VersionsApiTest, ANameLosesNothingThatAnotherProcessWroteMeanwhile) {
  auto first = start();
  auto second = start();
  Guest& one = make_guest();
  Guest& two = make_guest();
  Writer writer_one(7);
  Writer writer_two(8);
  const auto here = first->visit("a", one, "alice");
  ASSERT_TRUE(first->push(here, one, writer_one.append("x")).ok());
  ASSERT_TRUE(one.wait("stored"));
  const auto there = second->visit("a", two, "bob");
  ASSERT_TRUE(second->push(there, two, writer_two.append("y")).ok());
  ASSERT_TRUE(two.wait("stored"));
  // Where the first has not heard of that, its next update has the same number until it is written.
  const auto late = first->on(here, [&] {
    EXPECT_TRUE(here->push(one, writer_one.append("z"), 2).ok());
    return begin_name(*first);
  });
  EXPECT_EQ(late->wait(), "201");
  ASSERT_TRUE(one.wait("stored", 2));
  EXPECT_EQ(start()->text("a").size(), 3u);
}

TEST_P(VersionsApiTest, ANameTakesRoom) {
  DocumentsModule::Options with = options();
  with.documents.quotas.bytes_of_document = 700;
  auto process = start({}, with);
  Guest& guest = make_guest();
  Writer writer(7);
  const auto document = process->visit("a", guest, "alice");
  ASSERT_TRUE(process->push(document, guest, writer.append(std::string(250, 'x'))).ok());
  EXPECT_EQ(begin_name(*process)->wait(), "201");
  EXPECT_EQ(begin_name(*process)->wait(), "201") << "the snapshot is there";
  const auto refused = process->push(document, guest, writer.append(std::string(250, 'y')));
  ASSERT_FALSE(refused.ok()) << "the named snapshot lies there too";
  EXPECT_STREQ(refused.error().reason, "document_storage_full");
  Writer other(8);
  ASSERT_TRUE(process->push(document, guest, other.append("z")).ok());
  EXPECT_EQ(begin_name(*process)->wait(), "document_storage_full");
}

TEST_P(VersionsApiTest, WhileAVersionIsEncodedOthersWrite) {
  storage::GatedDatabase* gate = nullptr;
  auto process = start([&](std::unique_ptr<storage::Database> inner) {
    auto made = std::make_unique<storage::GatedDatabase>(std::move(inner));
    gate = made.get();
    return made;
  });
  Guest& guest = make_guest();
  Writer writer(7);
  const auto document = process->visit("a", guest, "alice");
  ASSERT_TRUE(process->push(document, guest, writer.append("x")).ok());
  ASSERT_TRUE(guest.wait("stored"));
  // The door has answered then, and the rest comes behind this on the loop.
  const auto late = process->on(document, [&] {
    auto begun = begin_name(*process);
    gate->close_reads();
    return begun;
  });
  ASSERT_TRUE(gate->wait_for_waiting_read());
  ASSERT_TRUE(process->push(document, guest, writer.append("y"), 2).ok());
  ASSERT_TRUE(guest.wait("stored", 2));
  gate->open_reads();
  EXPECT_EQ(late->wait(), "201");
}

}  // namespace
}  // namespace ashlar::documents
