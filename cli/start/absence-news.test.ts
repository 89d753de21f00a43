import { expect, test } from 'vitest';
import type { DeciderAnswer } from '../../shared/decision.ts';
import { absenceNews } from './absence-news.ts';

const absent = (cause: string): DeciderAnswer[] => [{ kind: 'absent', decider: 'gpt', cause }];
const answered = [{ kind: 'answered', decider: 'gpt' }] as unknown as DeciderAnswer[];

test('why a decider is absent is said when it begins, when it changes, and when it ends', () => {
  const news = absenceNews();
  const said = [
    answered,
    absent('the budget of the desk today is used up: 2.98 of 3 USD spent'),
    absent('the budget of the desk today is used up: 2.99 of 3 USD spent'),
    absent('401: the key was refused'),
    answered,
    answered,
  ].map((answers) => news(answers));
  expect(said).toEqual([
    [],
    ['gpt is absent: the budget of the desk today is used up: 2.98 of 3 USD spent'],
    [],
    ['gpt is absent: 401: the key was refused'],
    ['gpt answers again'],
    [],
  ]);
});
