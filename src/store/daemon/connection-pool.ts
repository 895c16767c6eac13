import type { DaemonConnection } from "./connection.js";

export interface ConnectionPool {
  /** Lends a connection that nobody else has meanwhile: one that was used before, or a new one. */
  use<T>(work: (connection: DaemonConnection) => Promise<T>): Promise<T>;
  /** Closes all, and resolves when they are gone. */
  close(): Promise<void>;
}

/**
 * Connections that are used again. There are as many as were ever in use at the same time; one whose work failed is closed.
 *
 * @param signal on which they close; then `use` throws its reason
 */
export function connectionPool(
  open: () => Promise<DaemonConnection>,
  signal: AbortSignal | undefined,
): ConnectionPool {
  const all = new Set<DaemonConnection>();
  const idle: DaemonConnection[] = [];

  return {
    async use(work) {
      try {
        const connection = idle.pop() ?? (await openOne());
        const result = await lend(connection, work);
        idle.push(connection);
        return result;
      } catch (error) {
        signal?.throwIfAborted(); // else it would be told as a broken connection
        throw error;
      }
    },
    async close() {
      await Promise.all([...all].map((connection) => connection.close()));
    },
  };

  async function lend<T>(
    connection: DaemonConnection,
    work: (one: DaemonConnection) => Promise<T>,
  ): Promise<T> {
    try {
      return await work(connection);
    } catch (error) {
      all.delete(connection);
      await connection.close();
      throw error;
    }
  }

  async function openOne(): Promise<DaemonConnection> {
    const connection = await open();
    all.add(connection);
    return connection;
  }
}
