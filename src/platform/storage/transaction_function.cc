#include "platform/storage/transaction_function.h"

#include <exception>
#include <string>

#include "base/check.h"

namespace ashlar::storage {
namespace {

thread_local bool t_inside = false;

}  // namespace

bool inside_transaction_function() { return t_inside; }

base::Status call_transaction_function(const std::function<base::Status(Transaction&)>& body,
                                       Transaction& tx) {
  CHECK(!t_inside);
  t_inside = true;
  base::Status status = base::ok_status();
  try {
    status = body(tx);
  } catch (const std::exception& thrown) {
    status = base::fail(base::Code::kInternal, "storage_error",
                        std::string("the transaction function threw: ") + thrown.what());
  }
  t_inside = false;
  return status;
}

void call_on_commit(const std::vector<std::function<void()>>& functions) {
  if (functions.empty()) return;
  CHECK(!t_inside);
  t_inside = true;
  for (const auto& run : functions) run();
  t_inside = false;
}

}  // namespace ashlar::storage
