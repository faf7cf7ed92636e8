// Money between two PostgreSQL databases that belong to others: both sides or neither, by two-phase
// commit; the decision log is our own database's.
//
//   example_twophase --left URL --right URL [--postgres URL] [--measure ORDERS]
#include "platform/twophase/coordinator.h"
#include "world.h"

namespace {

namespace base = ashlar::base;
namespace twophase = ashlar::twophase;

constexpr const char* kTables = "CREATE TABLE unused (id BIGINT PRIMARY KEY);";
constexpr const char* kTablesPg =
    "CREATE TABLE unused (id BIGINT PRIMARY KEY); SELECT ashlar_platform_only('unused');";

// [doc:twophase]
twophase::Work change(const std::string& branch, int account, int by) {
  return {branch, [=](twophase::Session& session) -> base::Status {
            ASHLAR_TRY(session.execute(
                "UPDATE accounts SET amount = amount + $1::bigint WHERE id = $2::bigint",
                {std::to_string(by), std::to_string(account)}));
            return base::ok_status();
          }};
}

base::Status move(twophase::Coordinator& coordinator, int account, int amount) {
  const std::vector<twophase::Work> work{change("left", account, -amount),
                                         change("right", account, amount)};
  ASHLAR_TRY(coordinator.run(work));
  return base::ok_status();
}
// [end]

std::string argument(int count, char** given, std::string_view name) {
  for (int i = 1; i + 1 < count; i += 2) {
    if (given[i] == name) return given[i + 1];
  }
  return {};
}

}  // namespace

int main(int count, char** given) {
  const example::Arguments arguments(count, given);
  const std::string left = argument(count, given, "--left");
  const std::string right = argument(count, given, "--right");
  if (left.empty() || right.empty()) {
    std::fprintf(stderr, "usage: example_twophase --left URL --right URL\n");
    return 2;
  }
  example::World world(arguments, kTables, kTablesPg);
  twophase::Coordinator::Options options;
  options.name = "example";
  options.branches = {{"left", left}, {"right", right}};
  options.max_running = example::kCustomers;
  twophase::Coordinator coordinator(std::move(options), *world.db, world.clock, world.entropy,
                                    world.metrics, world.log);
  example::must(coordinator.check());
  coordinator.start();
  const auto transfer = [&](int number) { example::must(move(coordinator, number % 1'000, 1)); };
  if (arguments.measured > 0) {
    world.measure("two-phase commit of two databases", arguments.measured, transfer,
                  [](int) { return true; });
  } else {
    for (int number = 1; number <= 3; ++number) transfer(number);
    std::printf("3 transfers\n");
  }
  coordinator.stop();
  return 0;
}
