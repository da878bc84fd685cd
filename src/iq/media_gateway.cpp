#include "iq/media_gateway.hpp"

namespace iq {

std::string_view to_string(TerminationState state) noexcept {
  switch (state) {
    case TerminationState::waiting:
      return "waiting";
    case TerminationState::connecting:
      return "connecting";
    case TerminationState::connected:
      return "connected";
    case TerminationState::closed:
      return "closed";
  }
  return "";
}

std::string_view to_string(Event event) noexcept {
  switch (event) {
    case Event::connected:
      return "connected";
    case Event::tcp_failed:
      return "tcp_failed";
    case Event::tls_failed:
      return "tls_failed";
    case Event::refused:
      return "refused";
    case Event::released:
      return "released";
    case Event::inactive:
      return "inactive";
    case Event::timed_out:
      return "timed_out";
    case Event::silent:
      return "silent";
  }
  return "";
}

}  // namespace iq
