// Who waits for a place: the order, the bounds, and that nobody is forgotten.
#include "modules/notifications/place_queue.h"

#include <gtest/gtest.h>

#include <atomic>
#include <functional>
#include <string>
#include <thread>
#include <vector>

namespace ashlar::notifications {
namespace {

using std::chrono::seconds;
using Entry = PlaceQueue::Entry;

constexpr PlaceQueue::Lane kMail{base::TenantId(1), Channel::kEmail};
constexpr PlaceQueue::Lane kPush{base::TenantId(1), Channel::kPush};

class PlaceQueueTest : public ::testing::Test {
 protected:
  Entry enter(const std::string& name, Priority priority, PlaceQueue::Lane lane = kMail,
              bool takes = true) {
    PlaceQueue::Resume resume = [this, name, takes] {
      resumed_ += name;
      return takes;
    };
    return queue_.enter(lane, priority, queue_.seen(), now_, resume);
  }

  PlaceQueue queue_;
  base::Mono now_{seconds(100)};
  std::string resumed_;
};

TEST_F(PlaceQueueTest, UrgentFirstThenInTheirOrderEachOnce) {
  for (const char* name : {"a", "b"}) EXPECT_EQ(enter(name, Priority::kBulk), Entry::kWaits);
  EXPECT_EQ(enter("n", Priority::kNormal), Entry::kWaits);
  for (const char* name : {"u", "v"}) EXPECT_EQ(enter(name, Priority::kUrgent), Entry::kWaits);
  EXPECT_EQ(enter("p", Priority::kUrgent, kPush), Entry::kWaits);
  for (int i = 0; i < 7; ++i) queue_.freed(kMail, now_);
  EXPECT_EQ(resumed_, "uvnab");
  EXPECT_EQ(queue_.size(), 1U);
  queue_.freed(kPush, now_);
  EXPECT_EQ(resumed_, "uvnabp");
}

TEST_F(PlaceQueueTest, OneThatHasWaitedTooLongGoesFirst) {
  enter("b", Priority::kBulk);
  now_ += PlaceQueue::kPatience;
  enter("u", Priority::kUrgent);
  enter("v", Priority::kUrgent);
  queue_.freed(kMail, now_);
  EXPECT_EQ(resumed_, "b");
}

TEST_F(PlaceQueueTest, WhoTakesNoPlaceLeavesItToTheNext) {
  enter("a", Priority::kNormal, kMail, false);
  enter("b", Priority::kNormal, kMail, false);
  enter("c", Priority::kNormal);
  enter("d", Priority::kNormal);
  queue_.freed(kMail, now_);
  EXPECT_EQ(resumed_, "abc");
}

// It cannot use this place and waits on: urgent, and yet the next is asked.
TEST_F(PlaceQueueTest, WhoWaitsAgainIsAskedOnce) {
  int asked = 0;
  std::function<bool()> again = [&] {
    ++asked;
    PlaceQueue::Resume resume = again;
    EXPECT_EQ(queue_.enter(kMail, Priority::kUrgent, queue_.seen(), now_, resume), Entry::kWaits);
    return false;
  };
  again();
  enter("b", Priority::kNormal);
  queue_.freed(kMail, now_);
  EXPECT_EQ(resumed_, "b");
  EXPECT_EQ(asked, 2);
  EXPECT_EQ(queue_.size(), 1U);
}

TEST_F(PlaceQueueTest, APlaceThatBecameFreeMeanwhileIsNotMissed) {
  const std::uint64_t seen = queue_.seen();
  queue_.freed(kMail, now_);
  bool called = false;
  PlaceQueue::Resume resume = [&called] { return called = true; };
  EXPECT_EQ(queue_.enter(kMail, Priority::kNormal, seen, now_, resume), Entry::kAgain);
  ASSERT_TRUE(resume);
  EXPECT_EQ(queue_.enter(kMail, Priority::kNormal, queue_.seen(), now_, resume), Entry::kWaits);
  queue_.freed(kMail, now_);
  EXPECT_TRUE(called);
}

TEST_F(PlaceQueueTest, OneLaneLeavesRoomToOthersAndAllAreBounded) {
  std::size_t waiting = 0;
  while (enter("x", Priority::kBulk) == Entry::kWaits) ++waiting;
  EXPECT_EQ(waiting, PlaceQueue::kMostOfLane);
  for (int tenant = 2;
       enter("y", Priority::kBulk, {base::TenantId(tenant), Channel::kSms}) == Entry::kWaits;
       ++tenant) {
    ++waiting;
  }
  EXPECT_EQ(waiting, PlaceQueue::kMost);
  EXPECT_EQ(enter("z", Priority::kUrgent, kPush), Entry::kFull);
}

TEST_F(PlaceQueueTest, ClosedItResumesAllAndTakesNobody) {
  enter("a", Priority::kBulk, kMail, false);
  enter("b", Priority::kNormal, kPush);
  queue_.close();
  EXPECT_EQ(resumed_, "ab");
  EXPECT_EQ(queue_.size(), 0U);
  EXPECT_EQ(enter("c", Priority::kUrgent), Entry::kFull);
}

// Three places, four threads: each send takes one or waits, and all are sent in the end, though
// nobody comes back by other means.
TEST(PlaceQueueThreadsTest, NobodyIsForgotten) {
  constexpr int kThreads = 4;
  constexpr int kSends = 20'000;  // each
  PlaceQueue queue;
  std::atomic<int> free{3};
  std::atomic<int> sent{0};
  const base::Mono now{seconds(1)};
  const auto take = [&] {
    int seen = free.load();
    while (seen > 0) {
      if (free.compare_exchange_weak(seen, seen - 1)) return true;
    }
    return false;
  };
  std::function<bool()> send = [&] {
    while (true) {
      const std::uint64_t seen = queue.seen();
      if (take()) break;
      PlaceQueue::Resume again = send;
      const Entry entry = queue.enter(kMail, Priority::kNormal, seen, now, again);
      if (entry == Entry::kWaits) return false;
      if (entry == Entry::kFull) std::this_thread::yield();
    }
    ++sent;
    ++free;
    queue.freed(kMail, now);
    return true;
  };
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < kSends; ++i) send();
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(sent.load(), kThreads * kSends);
  EXPECT_EQ(queue.size(), 0U);
}

}  // namespace
}  // namespace ashlar::notifications
