#include "modules/tasks/faktory_protocol.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "platform/json/parse.h"
#include "platform/json/value.h"

namespace ashlar::tasks {
namespace {

TEST(FaktoryProtocol, LinesAreVerbAndArgument) {
  EXPECT_EQ(split_faktory_line("END").verb, "END");
  EXPECT_EQ(split_faktory_line("END").argument, "");
  EXPECT_EQ(split_faktory_line("PUSH {\"a\": 1} ").verb, "PUSH");
  EXPECT_EQ(split_faktory_line("PUSH {\"a\": 1} ").argument, "{\"a\": 1}");
  EXPECT_EQ(split_faktory_line("  FETCH  a b").argument, "a b");
  EXPECT_EQ(split_faktory_line("").verb, "");
}

// What the protocol's own description gives as an example, and one round by hand.
TEST(FaktoryProtocol, HashesAsClientsDo) {
  EXPECT_EQ(faktory_hash("foobar", "55104dc76695721d", 1545),
            "6d877f8e5544b1f2598768f817413ab8a357afffa924dedae99eb91472d4ec30");
  EXPECT_EQ(faktory_hash("", "abc", 1),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(faktory_greeting("0a1b").find(' '), 2U) << "clients split the greeting at blanks";
}

TEST(FaktoryProtocol, JobsBecomeTasks) {
  const auto task = task_of_faktory(
      R"({"jid":"abcdefgh12","jobtype":"mail","args":[1,"x"],"queue":"critical","priority":9,)"
      R"("at":"2026-11-22T12:00:00.5Z","retry":3,"reserve_for":120,"custom":{"locale":"fr"}})");
  ASSERT_TRUE(task.ok()) << task.error().detail;
  EXPECT_EQ(task->queue, "critical");
  EXPECT_EQ(task->unique_key, "abcdefgh12");
  EXPECT_EQ(task->priority, 4);
  EXPECT_EQ(base::format_rfc3339(*task->run_at), "2026-11-22T12:00:00.500Z");
  EXPECT_EQ(task->max_attempts, 4);
  EXPECT_EQ(task->timeout_ms, 120'000);
  EXPECT_NE(task->payload.find("\"locale\":\"fr\""), std::string::npos);

  const auto plain = task_of_faktory(R"({"jid":"abcdefgh12","jobtype":"mail","args":[]})");
  ASSERT_TRUE(plain.ok());
  EXPECT_EQ(plain->queue, "default");
  EXPECT_EQ(plain->priority, 0);
  EXPECT_EQ(plain->max_attempts, 26);
  EXPECT_EQ(plain->timeout_ms, 1'800'000);
  EXPECT_FALSE(plain->run_at);
}

TEST(FaktoryProtocol, NumbersOutOfBoundsAreBrought) {
  const auto of = [](const std::string& more) {
    return *task_of_faktory(R"({"jid":"abcdefgh12","jobtype":"j","args":[],)" + more + "}");
  };
  EXPECT_EQ(of("\"retry\":0").max_attempts, 1);
  EXPECT_EQ(of("\"retry\":-1").max_attempts, 1);
  EXPECT_EQ(of("\"retry\":9223372036854775807").max_attempts, jobs::kMaxAttempts);
  EXPECT_EQ(of("\"reserve_for\":1").timeout_ms, 60'000);
  EXPECT_EQ(of("\"reserve_for\":9223372036854775807").timeout_ms, kMaxPullTimeout.count());
  EXPECT_EQ(of("\"priority\":0").priority, 0);
  EXPECT_EQ(of("\"priority\":10").priority, 0);
  EXPECT_EQ(of("\"priority\":1").priority, -4);
}

TEST(FaktoryProtocol, WhatIsNoJobIsRefused) {
  for (const char* text :
       {"", "{", "[]", "1", "{}", R"({"jid":"abcdefgh12","jobtype":"j"})",
        R"({"jid":"abcdefgh12","args":[]})", R"({"jid":"abcdefgh12","jobtype":"","args":[]})",
        R"({"jid":"abcdefgh12","jobtype":"j","args":{}})",
        R"({"jid":"short","jobtype":"j","args":[]})", R"({"jid":7,"jobtype":"j","args":[]})",
        R"({"jid":"abcdefgh12","jobtype":"j","args":[],"at":"tomorrow"})"}) {
    const auto task = task_of_faktory(text);
    ASSERT_FALSE(task.ok()) << text;
    EXPECT_STREQ(task.error().reason, "faktory_malformed") << text;
  }
  const std::string long_jid(256, 'x');
  EXPECT_FALSE(task_of_faktory(R"({"jid":")" + long_jid + R"(","jobtype":"j","args":[]})").ok());
}

TEST(FaktoryProtocol, OfABatchTheBadAreNamed) {
  const auto pushed = tasks_of_faktory(
      R"([{"jid":"abcdefgh12","jobtype":"j","args":[]},{"jid":"abcdefgh13","jobtype":"j"},7])");
  ASSERT_TRUE(pushed.ok());
  ASSERT_EQ(pushed->size(), 3U);
  EXPECT_TRUE((*pushed)[0].task.ok());
  EXPECT_FALSE((*pushed)[1].task.ok());
  EXPECT_EQ((*pushed)[1].jid, "abcdefgh13");
  EXPECT_FALSE((*pushed)[2].task.ok());
  EXPECT_FALSE(tasks_of_faktory("{}").ok());
  std::string many = "[1";
  for (std::size_t i = 0; i < kMaxFaktoryBatch; ++i) many += ",1";
  EXPECT_FALSE(tasks_of_faktory(many + "]").ok());
}

jobs::LeasedJob leased(const std::string& payload, int attempt = 1) {
  jobs::LeasedJob job;
  job.ref = {jobs::JobId(17), attempt};
  job.queue = "critical";
  job.payload = payload;
  job.max_attempts = 5;
  job.timeout = base::Millis{90'000};
  return job;
}

TEST(FaktoryProtocol, AJobComesAsItWasPushed) {
  const std::string pushed =
      R"({"jid":"abcdefgh12","jobtype":"mail","args":[1,{"a":[null,2.5]}],"custom":{"x":"y"}})";
  const FaktoryDelivery delivery = faktory_job_of(leased(pushed));
  EXPECT_EQ(delivery.jid, "abcdefgh12");
  const json::Value before = *json::parse(pushed);
  const json::Value after = *json::parse(delivery.json);
  for (const char* name : {"jid", "jobtype", "args", "custom"}) {
    EXPECT_EQ(*after.find(name), *before.find(name)) << name;
  }
  EXPECT_EQ(*after.find("queue"), json::Value("critical"));
  EXPECT_EQ(*after.find("reserve_for"), json::Value(90));
  EXPECT_EQ(after.find("failure"), nullptr);

  const json::Value again = *json::parse(faktory_job_of(leased(pushed, 3)).json);
  ASSERT_NE(again.find("failure"), nullptr);
  EXPECT_EQ(*again.find("failure")->find("retry_count"), json::Value(1));
  EXPECT_EQ(*again.find("failure")->find("remaining"), json::Value(2));
}

TEST(FaktoryProtocol, ATaskThatCameByRestIsAJobToo) {
  const FaktoryDelivery plain = faktory_job_of(leased(R"({"order":7})"));
  EXPECT_EQ(plain.jid, "task-17");
  const json::Value wrapped = *json::parse(plain.json);
  EXPECT_EQ(*wrapped.find("jobtype"), json::Value("critical"));
  EXPECT_EQ(*wrapped.find("args"), *json::parse(R"([{"order":7}])"));

  const FaktoryDelivery typed = faktory_job_of(leased(R"({"jobtype":"mail","args":["ann"]})"));
  EXPECT_EQ(typed.jid, "task-17");
  EXPECT_EQ(*json::parse(typed.json)->find("jobtype"), json::Value("mail"));
}

TEST(FaktoryProtocol, QueuesOfAFetch) {
  using Names = std::vector<std::string>;
  EXPECT_EQ(*parse_faktory_queues(""), Names{"default"});
  EXPECT_EQ(*parse_faktory_queues("b a  b"), (Names{"b", "a"}));
  std::string many;
  for (std::size_t i = 0; i <= kMaxFaktoryQueues; ++i) many += " q" + std::to_string(i);
  EXPECT_FALSE(parse_faktory_queues(many).ok());
  EXPECT_FALSE(parse_faktory_queues(std::string(129, 'q')).ok());
  EXPECT_FALSE(parse_faktory_queues("\xff").ok());
}

TEST(FaktoryProtocol, Reports) {
  const auto fail = parse_faktory_report(
      R"({"jid":"abcdefgh12","errtype":"TypeError","message":"no","backtrace":["at a","at b"]})");
  ASSERT_TRUE(fail.ok());
  EXPECT_EQ(fail->jid, "abcdefgh12");
  EXPECT_EQ(fail->error, "TypeError: no\nat a\nat b");
  EXPECT_EQ(parse_faktory_report(R"({"jid":"abcdefgh12"})")->error, "");
  EXPECT_FALSE(parse_faktory_report("{}").ok());
  EXPECT_FALSE(parse_faktory_report("abcdefgh12").ok());
}

TEST(FaktoryProtocol, Hello) {
  const auto hello = parse_faktory_hello(
      R"({"hostname":"h","wid":"4qpc2443vpvai","pid":2676,"labels":["golang"],"pwdhash":"1e","v":2})");
  ASSERT_TRUE(hello.ok());
  EXPECT_EQ(hello->wid, "4qpc2443vpvai");
  EXPECT_EQ(hello->pwdhash, "1e");
  EXPECT_FALSE(parse_faktory_hello(R"({"v":3})").ok());
  EXPECT_FALSE(parse_faktory_hello("").ok());
}

}  // namespace
}  // namespace ashlar::tasks
