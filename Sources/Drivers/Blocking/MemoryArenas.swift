import CPlatform

/// How many arenas the process's memory comes from.
package enum MemoryArenas {
    /// One for each core, two at least; to be called before there are other threads.
    ///
    /// With glibc's eight for each core every thread keeps for itself what it has freed: a fifth of a
    /// worker's size.
    package static func limit() { cplatform_limit_arenas() }
}
