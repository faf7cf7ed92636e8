// Many who write recipients at once: each is answered, and nobody's word is lost.
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <functional>
#include <latch>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "modules/notifications/testing/recipients_fixture.h"
#include "platform/storage/database.h"

namespace ashlar::notifications {
namespace {

class RecipientsWritersTest : public RecipientsFixture {
 protected:
  static void threads(int count, const std::function<void(int)>& run) {
    std::latch begin(count);
    std::vector<std::thread> all;
    for (int i = 0; i < count; ++i) {
      all.emplace_back([&, i] {
        begin.arrive_and_wait();
        run(i);
      });
    }
    for (std::thread& one : all) one.join();
  }
  // 64 writers, each of so many PUTs: how many were answered with which status and tag.
  std::map<std::string, int> at_once(int rounds, const std::function<std::string(int, int)>& user) {
    std::mutex mutex;
    std::map<std::string, int> answers;
    threads(64, [&](int writer) {
      for (int round = 0; round < rounds; ++round) {
        const FaceAnswer answer =
            put("/v1/recipients/" + user(writer, round), R"({"email":"a@example.com"})");
        const std::lock_guard lock(mutex);
        ++answers[std::to_string(answer.status) + " " + answer.header("ETag")];
      }
    });
    return answers;
  }
  // Of transactions, since the store was made.
  int runs_again() {
    const std::string text = store_->registry.render(), name = "\nashlar_storage_retries_total ";
    const std::size_t at = text.find(name);
    return at == std::string::npos ? -1 : std::stoi(text.substr(at + name.size()));
  }
};

INSTANTIATE_TEST_SUITE_P(Storage, RecipientsWritersTest, storage::both_engines(),
                         storage::engine_name);

// A serializable look for a row that is not there held all others of its page: of 64 new ones some
// ran out of retries.
TEST_P(RecipientsWritersTest, WritersOfDifferentUsersNeverMeet) {
  const std::map<std::string, int> answers = at_once(8, [](int writer, int round) {
    return "w" + std::to_string(writer) + "-" + std::to_string(round % 4);
  });
  const std::map<std::string, int> expected{{"200 \"v1\"", 256}, {"200 \"v2\"", 256}};
  EXPECT_EQ(answers, expected);
  EXPECT_EQ(runs_again(), 0);
}

TEST_P(RecipientsWritersTest, WritersOfOneUserGoOneAfterTheOther) {
  const std::map<std::string, int> answers = at_once(4, [](int, int) { return "ann"; });
  EXPECT_EQ(answers.size(), 256U);
  for (int version = 1; version <= 256; ++version) {
    EXPECT_TRUE(answers.contains("200 \"v" + std::to_string(version) + "\"")) << version;
  }
  EXPECT_EQ(runs_again(), 0);
}

TEST_P(RecipientsWritersTest, AllThatHangsOnAUserIsWrittenAtOnce) {
  std::atomic<int> wrong{0};
  threads(16, [&](int writer) {
    const std::string user = "u" + std::to_string(writer % 4), one = "/v1/recipients/" + user;
    const std::string other = std::to_string(writer);
    const auto expect = [&](const FaceAnswer& answer, std::initializer_list<int> fine) {
      if (std::ranges::find(fine, answer.status) != fine.end()) return;
      ++wrong;
      ADD_FAILURE() << answer.body;
    };
    for (int round = 0; round < 6; ++round) {
      expect(put(one, R"({"email":"a@example.com"})"), {200});
      expect(post(one + "/devices", R"({"platform":"fcm","token":"t)" + other + R"("})"), {201});
      expect(put(one + "/preferences", R"({"channels":{"sms":false}})"), {200, 404});
      // In another order than others name them.
      expect(post("/v1/recipients",
                  writer % 2 == 0
                      ? R"({"recipients":[{"user_id":"u1"},{"user_id":"n)" + other +
                            R"("},{"user_id":"u3"},{"user_id":"m"}]})"
                      : R"({"recipients":[{"user_id":"m"},{"user_id":"u3"},{"user_id":"u1"}]})"),
             {200});
      expect(patch(one, R"({"name":"A"})"), {200, 404});
      if (round == 3) expect(remove(one), {204, 404});
    }
  });
  EXPECT_EQ(wrong, 0);
}

}  // namespace
}  // namespace ashlar::notifications
