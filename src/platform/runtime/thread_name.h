// set_thread_name: what `top -H` and a debugger show. Cut to the 15 bytes that Linux keeps.
#pragma once

#include <string_view>

namespace ashlar::runtime {

void set_thread_name(std::string_view name);

}  // namespace ashlar::runtime
