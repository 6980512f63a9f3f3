//! The built-in theme and the starter site are part of the program: it is built again when they change.

fn main() {
    for dir in ["themes/plain", "starter"] {
        println!("cargo:rerun-if-changed={dir}");
    }
}
