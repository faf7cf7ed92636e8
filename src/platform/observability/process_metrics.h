// What the operating system knows of this process, and which build it is: resident memory, open
// file descriptors, CPU time, version. Read from /proc when the metrics are rendered.
#pragma once

#include <string_view>

namespace ashlar::obs {

class Registry;

// What cannot be read shows as NaN.
void register_process_metrics(Registry& metrics, std::string_view version);

}  // namespace ashlar::obs
