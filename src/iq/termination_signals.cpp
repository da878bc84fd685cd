#include "iq/termination_signals.hpp"

#include "iq/element_value.hpp"

namespace iq {
namespace {

Checked read_latch(const h248::Signal& signal, const Packages& packages, SignalsGiven& out) {
  for (const auto& parameter : signal.parameters) {
    const auto own = find_parameter(name::latch, parameter.name, packages);
    if (!own) return own.error();
    const auto choice = read_choice(*own, parameter.value, packages);
    if (!choice) return choice.error();
    out.latch = *choice == "OFF" ? Latch::off : *choice == "LATCH" ? Latch::latch : Latch::relatch;
  }
  if (!out.latch) return command_error(457, "Missing parameter: " + std::string(name::latch_mode));
  return base::Ok{};
}

Checked read_signal(const h248::Signal& signal, const Packages& packages, SignalsGiven& out) {
  const auto element = find_element(signal.name, ElementKind::signal, 452, packages);
  if (!element) return element.error();
  if (*element == name::latch) return read_latch(signal, packages, out);
  if (!signal.parameters.empty()) {
    const auto own = find_parameter(*element, signal.parameters.front().name, packages);
    return own ? Checked(base::Ok{}) : Checked(own.error());
  }
  const bool tls = *element == name::tls_establish || *element == name::tls_release;
  if (*element == name::tcp_establish || *element == name::tls_establish) {
    out.establish = true;
  } else if (*element == name::tcp_release || *element == name::tls_release) {
    out.release = true;
  } else {
    return command_error(513, "Unequipped to generate signal: " + std::string(*element));
  }
  out.of_tls = out.of_tls || tls;
  return base::Ok{};
}

}  // namespace

base::Result<SignalsGiven, CommandError> read_signals(const h248::SignalsDescriptor& descriptor,
                                                      const Packages& packages) {
  SignalsGiven out;
  for (const auto& item : descriptor.items) {
    const auto* signal = std::get_if<h248::Signal>(&item);
    if (!signal) return command_error(501, "Not Implemented: SignalList");
    if (auto read = read_signal(*signal, packages, out); !read) return read.error();
  }
  return out;
}

}  // namespace iq
