#include "app/file_limit.h"

#include <gtest/gtest.h>
#include <sys/resource.h>

#include "app/config.h"

namespace ashlar::app {
namespace {

TEST(FileLimit, TheSoftLimitIsRaisedToTheHardOne) {
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
  const rlimit low{.rlim_cur = before.rlim_max / 2, .rlim_max = before.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &low), 0);
  const base::Result<std::uint64_t> raised = raise_file_limit();
  rlimit after{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &after), 0);
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &before), 0);
  ASSERT_TRUE(raised.ok()) << raised.error().detail;
  EXPECT_EQ(*raised, before.rlim_max);
  EXPECT_EQ(after.rlim_cur, before.rlim_max);
}

TEST(FileLimit, ConnectionsThatFitStayAsTheyAre) {
  Config config;
  config.http.max_connections = 1000;
  ASSERT_TRUE(fit_connections(config, files_beside_connections(config) + 1000).ok());
  EXPECT_EQ(config.http.max_connections, 1000U);
}

TEST(FileLimit, WhatDoesNotFitIsLoweredToWhatDoes) {
  Config config;
  config.http.max_connections = 1000;
  ASSERT_TRUE(fit_connections(config, files_beside_connections(config) + 999).ok());
  EXPECT_EQ(config.http.max_connections, 999U);
}

TEST(FileLimit, WithoutRoomForOneConnectionThereIsNoServer) {
  Config config;
  const std::uint64_t others = files_beside_connections(config);
  EXPECT_TRUE(fit_connections(config, others + 1).ok());
  const base::Status refused = fit_connections(config, others);
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, base::Code::kUnavailable);
  EXPECT_NE(refused.error().detail.find("ulimit -n"), std::string::npos);
}

TEST(FileLimit, TheReserveGrowsWithThreadsAndStorage) {
  const Config small;
  Config threads;
  threads.http.io_threads = small.http.io_threads + 10;
  EXPECT_GT(files_beside_connections(threads), files_beside_connections(small));
  Config readers;
  readers.sqlite_readers = small.sqlite_readers + 10;
  EXPECT_GT(files_beside_connections(readers), files_beside_connections(small));
  Config postgres;
  postgres.store = "postgres://x";
  Config pooled = postgres;
  pooled.postgres_connections = postgres.postgres_connections + 10;
  EXPECT_GT(files_beside_connections(pooled), files_beside_connections(postgres));
}

}  // namespace
}  // namespace ashlar::app
